{#- Accuracy, what must be known of a backtest, its numerator, its denominator. -#}
{% set accuracies = [
    ('forecast_wape', 'absolute_error', 'absolute_error', 'abs(actual)'),
    ('forecast_bias', 'forecast_error', 'forecast_error', 'abs(actual)'),
    ('forecast_mase', 'scaled_error', 'scaled_error', '1'),
    ('forecast_pinball', 'pinball_loss', 'pinball_loss', '1'),
    (
        'forecast_coverage_80', 'is_covered_80',
        'case when is_covered_80 then 1 else 0 end', '1',
    ),
    ('forecast_brier', 'deal_brier', 'deal_brier * count_deals', 'count_deals'),
] %}
with

-- At a month's end the rest of it is nothing, which everyone foretells.
backtests as (

    select * from {{ ref('fct_forecast_backtest') }}
    where {{ add_months('month_start_date', 1) }} > {{ add_days('origin_date', 1) }}

),

-- As decimals the errors sum to the same in any order.
errors as (

    {% for accuracy, known, numerator, denominator in accuracies %}
    select
        '{{ accuracy }}' as accuracy_name,
        {{ period_start('month', 'origin_date') }} as origin_month,
        model_name,
        horizon,
        measure,
        cast({{ numerator }} as decimal(18, 4)) as numerator,
        cast({{ denominator }} as decimal(18, 4)) as denominator
    from backtests
    where {{ known }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

kpi_months as (

    select * from {{ ref('int_kpi__periods') }}
    where period_grain = 'month'

),

origin_months as (

    select
        accuracy_name,
        origin_month,
        model_name,
        horizon,
        measure,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        count(*) as count_backtests
    from errors
    group by accuracy_name, origin_month, model_name, horizon, measure

),

-- Origins of twelve months. Those of one month foretell the same one and err together:
-- an interval counts the months.
summed as (

    select
        kpi_months.period_start,
        origin_months.accuracy_name,
        origin_months.model_name,
        origin_months.horizon,
        origin_months.measure,
        cast(sum(origin_months.numerator) as decimal(18, 4)) as numerator,
        cast(sum(origin_months.denominator) as decimal(18, 4)) as denominator,
        sum(origin_months.count_backtests) as count_backtests,
        count(*) as count_months
    from origin_months
    inner join kpi_months
        on
            origin_months.origin_month <= kpi_months.period_start
            and origin_months.origin_month
            > {{ add_months('kpi_months.period_start', -12) }}
    group by
        kpi_months.period_start,
        origin_months.accuracy_name,
        origin_months.model_name,
        origin_months.horizon,
        origin_months.measure

),

final as (

    select
        'actual' as period_kind,
        'month' as period_grain,
        period_start,
        accuracy_name || case when measure = 'orders_amount' then '_amount' else '' end
            as metric_id,
        'forecast_model:' || horizon as dimension_name,
        model_name as dimension_value,
        'period' as basis,
        cast(0 as bigint) as window_days,
        numerator,
        denominator,
        {{ ratio('numerator', 'denominator') }} as value,
        cast(null as double) as value_variance,
        case
            when accuracy_name = 'forecast_coverage_80'
                then cast(count_months as double)
        end as count_effective_trials,
        cast(count_backtests as decimal(18, 4)) as count_observed
    from summed

)

select * from final
