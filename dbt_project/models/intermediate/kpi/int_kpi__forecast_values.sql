{#- Metric of the forecast, metric that it is a forecast of: the models forecast what
    orders_count and orders_amount count, under the same names. -#}
{% set forecast_metrics = [
    ('orders_forecast_count', 'orders_count'),
    ('orders_forecast_amount', 'orders_amount'),
] %}
{% set noise_metrics = [
    ('forecast_noise_count', 'orders_count'), ('forecast_noise_amount', 'orders_amount'),
] %}
with

-- As of the last day of a month nothing of it is still to come.
forecasts as (

    select * from {{ ref('fct_order_forecast') }}
    where
        is_current
        and is_shown
        and expected is not null
        and {{ add_months('month_start_date', 1) }} > {{ add_days(as_of(), 1) }}

),

order_values as (

    select
        metric_id,
        period_start,
        numerator
    from {{ ref('int_kpi__additive_values') }}
    where
        period_kind = 'actual'
        and period_grain = 'month'
        and dimension_name = 'total'
        and metric_id in ('orders_count', 'orders_amount')

),

expected as (

    {% for metric, forecast_of in forecast_metrics %}
    select
        '{{ metric }}' as metric_id,
        measure as target_metric_id,
        component,
        month_start_date as period_start,
        expected as rest_expected,
        p10 as rest_low,
        p90 as rest_high
    from forecasts
    where measure = '{{ forecast_of }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- What the running month has already belongs to its total, and is a part of its own.
parts as (

    select
        expected.metric_id,
        expected.target_metric_id,
        expected.period_start,
        expected.component,
        cast(order_values.numerator as double) as value_to_date,
        expected.rest_expected,
        expected.rest_low,
        expected.rest_high
    from expected
    left join order_values
        on
            expected.target_metric_id = order_values.metric_id
            and expected.period_start = order_values.period_start
            and expected.component = 'total'
    union all
    select
        expected.metric_id,
        expected.target_metric_id,
        expected.period_start,
        'actual' as component,
        cast(order_values.numerator as double) as value_to_date,
        0 as rest_expected,
        cast(null as double) as rest_low,
        cast(null as double) as rest_high
    from expected
    inner join order_values
        on
            expected.target_metric_id = order_values.metric_id
            and expected.period_start = order_values.period_start
    where expected.component = 'total'

),

valued as (

    {% for metric, measure in noise_metrics %}
    select
        '{{ metric }}' as metric_id,
        '{{ metric }}' as target_metric_id,
        month_start_date as period_start,
        component,
        cast(null as double) as rest_expected,
        noise_level as value,
        cast(null as double) as value_low,
        cast(null as double) as value_high
    from forecasts
    where measure = '{{ measure }}' and component = 'total' and noise_level is not null
    union all
    {% endfor %}
    select
        metric_id,
        target_metric_id,
        period_start,
        component,
        round(rest_expected, 6) as rest_expected,
        round(coalesce(value_to_date, 0) + rest_expected, 6) as value,
        round(coalesce(value_to_date, 0) + rest_low, 6) as value_low,
        round(coalesce(value_to_date, 0) + rest_high, 6) as value_high
    from parts

),

final as (

    select
        'forecast' as period_kind,
        'month' as period_grain,
        valued.period_start,
        valued.metric_id,
        valued.target_metric_id,
        case when valued.component = 'total' then 'total' else 'forecast_component' end
            as dimension_name,
        case when valued.component = 'total' then 'all' else valued.component end
            as dimension_value,
        'period' as basis,
        cast(0 as bigint) as window_days,
        cast(
            case when valued.target_metric_id <> valued.metric_id then valued.value end
            as decimal(18, 4)
        ) as numerator,
        valued.rest_expected,
        valued.value,
        valued.value_low,
        valued.value_high,
        cast(orders.value as decimal(18, 4)) as count_observed
    from valued
    left join valued as orders
        on
            valued.period_start = orders.period_start
            and orders.metric_id = 'orders_forecast_count'
            and orders.component = 'total'

)

select * from final
