-- One forecast of a month is shown; its parts sum to it; it begins with the orders that
-- the KPIs count; and what the KPIs say of it and of its errors is what the facts say.
{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}

{% set metrics = [
    ('orders_forecast_count', 'orders_count'),
    ('orders_forecast_amount', 'orders_amount'),
] %}
{% set months_wape = [('forecast_wape', 'orders_count'), (
    'forecast_wape_amount', 'orders_amount'
)] %}
{% set running_month = period_start('month', as_of()) %}
{#- A cent, or what rounding leaves of sums of many orders. -#}
{% set tolerance = 0.01 %}
with

forecasts as (

    select
        *,
        {{ add_months('month_start_date', 1) }} > {{ add_days(as_of(), 1) }}
            as is_to_come
    from {{ ref('fct_order_forecast') }}
    where expected is not null

),

backtests as (

    select * from {{ ref('fct_forecast_backtest') }}

),

kpis as (

    select
        *,
        cast(numerator as double) as kpi_value
    from {{ ref('kpi_values') }}
    where
        period_grain = 'month'
        and basis = 'period'
        and (dimension_name = 'total' or dimension_name like 'forecast_model:%')

),

shown_twice as (

    select
        'shown more than once' as violation,
        measure || ' ' || component as figure,
        month_start_date as period_start
    from forecasts
    where is_shown
    group by origin_date, measure, component, month_start_date
    having count(*) > 1

),

parts_missed as (

    select
        'parts do not sum to the whole' as violation,
        model_name || ' ' || measure as figure,
        month_start_date as period_start
    from forecasts
    group by origin_date, model_name, horizon, measure, month_start_date
    having
        count(*) > 1
        and abs(
            sum(case when component = 'total' then expected else -expected end)
        )
        > {{ tolerance }} * greatest(1, sum(abs(expected)) / 100)

),

-- Facts count for, KPIs against: what is left over is a difference.
differences as (

    {% for metric, measure in metrics %}
    select
        '{{ metric }}' as figure,
        month_start_date as period_start,
        expected as difference
    from forecasts
    where
        measure = '{{ measure }}'
        and component = 'total'
        and is_shown
        and is_current
        and is_to_come
    union all
    select
        '{{ metric }}' as figure,
        kpis.period_start,
        case when kpis.metric_id = '{{ metric }}' then -1 else 1 end * kpis.kpi_value
            as difference
    from kpis
    where
        kpis.metric_id = '{{ metric }}'
        or (
            kpis.metric_id = '{{ measure }}'
            and kpis.period_start in (
                select forecasts.month_start_date
                from forecasts
                where
                    forecasts.measure = '{{ measure }}'
                    and forecasts.component = 'total'
                    and forecasts.is_shown
                    and forecasts.is_current
                    and forecasts.is_to_come
            )
        )
    union all
    select
        '{{ measure }} to date of ' || forecasts.model_name as figure,
        forecasts.month_start_date as period_start,
        forecasts.actual_to_date - coalesce(kpis.kpi_value, 0) as difference
    from forecasts
    left join kpis
        on
            forecasts.month_start_date = kpis.period_start
            and forecasts.measure = kpis.metric_id
    where
        forecasts.measure = '{{ measure }}'
        and forecasts.component = 'total'
        and forecasts.is_current
    union all
    {% endfor %}
    {% for metric, measure in months_wape %}
    select
        '{{ metric }} ' || horizon || ' ' || model_name as figure,
        {{ running_month }} as period_start,
        absolute_error as difference
    from backtests
    where
        measure = '{{ measure }}'
        and absolute_error is not null
        and origin_date >= {{ add_months(running_month, -11) }}
        and {{ add_months('month_start_date', 1) }} > {{ add_days('origin_date', 1) }}
    union all
    select
        '{{ metric }} ' || substring(dimension_name, 16) || ' ' || dimension_value
            as figure,
        period_start,
        -kpi_value as difference
    from kpis
    where metric_id = '{{ metric }}' and period_start = {{ running_month }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

unlike_facts as (

    select
        'unlike its facts' as violation,
        figure,
        period_start
    from differences
    group by figure, period_start
    having
        abs(sum(difference))
        > {{ tolerance }} * greatest(1, sum(abs(difference)) / 100000)

)

select * from shown_twice
union all
select * from parts_missed
union all
select * from unlike_facts
