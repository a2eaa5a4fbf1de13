{% set months_of = "(extract(year from {0}) * 12 + extract(month from {0}))" %}
with

forecasts as (

    select * from {{ ref('int_kpi__forecast_values') }}
    where dimension_name = 'total' and rest_expected is not null

),

periods as (

    select * from {{ ref('int_kpi__periods') }}
    where
        not is_complete
        and period_grain in ('month', 'quarter', 'fiscal_year')

),

summed as (

    select
        periods.period_grain,
        periods.period_start,
        periods.last_date,
        forecasts.target_metric_id as metric_id,
        sum(forecasts.rest_expected) as rest_expected,
        count(*) as count_months
    from periods
    inner join forecasts
        on
            periods.last_date >= forecasts.period_start
    group by
        periods.period_grain,
        periods.period_start,
        periods.last_date,
        forecasts.target_metric_id

),

-- A period is projected where each of its months that is not over has a forecast.
final as (

    select
        period_grain,
        period_start,
        metric_id,
        round(rest_expected, 6) as rest_expected
    from summed
    where
        count_months
        = {{ months_of.format('last_date') }}
        - {{ months_of.format(add_days(as_of(), 1)) }} + 1

)

select * from final
