-- Orders seen, and those expected for the months to come with their 80 % interval (R-60). Line with a band.
select
    month,
    case metric_id when 'orders_count' then 'seen' else 'expected' end as kind,
    value as count_orders,
    case when metric_id = 'orders_forecast_count' then ci_low end as low_80,
    case when metric_id = 'orders_forecast_count' then ci_high end as high_80,
    target,
    noise_level,
    model_name
from marts.kpi_commercial_dashboard
where metric_id in ('orders_count', 'orders_forecast_count')
order by month
