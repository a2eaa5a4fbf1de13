{% set grains = ['month', 'quarter', 'fiscal_year'] %}
{#- Column and months of each point of the curve; the window is named in days. -#}
{% set horizons = [('ltv_12m', 12, 365), ('ltv_24m', 24, 730), ('ltv_36m', 36, 1095)] %}
with

customers as (

    select * from {{ ref('fct_customer_value') }}

),

periods as (

    select * from {{ ref('int_kpi__periods') }}

),

entered as (

    {% for grain in grains %}
    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'first_order_date') }} as period_start,
        ltv_12m,
        ltv_24m,
        ltv_36m
    from customers
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Mature cohorts alone: the months are over for the last customer who came.
summed as (

    {% for column, months, days in horizons %}
    select
        entered.period_grain,
        entered.period_start,
        cast({{ days }} as bigint) as window_days,
        cast(sum(entered.{{ column }}) as decimal(18, 4)) as numerator,
        cast(count(*) as decimal(18, 4)) as denominator,
        cast(sum({{ squared('entered.' ~ column) }}) as decimal(38, 8))
            as sum_of_squares
    from entered
    inner join periods
        on
            entered.period_grain = periods.period_grain
            and entered.period_start = periods.period_start
    where
        {{ add_months(add_days('periods.last_date', 1), months) }} <= {{ as_of() }}
    group by entered.period_grain, entered.period_start
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        'actual' as period_kind,
        period_grain,
        period_start,
        'customer_ltv' as metric_id,
        'total' as dimension_name,
        'all' as dimension_value,
        'cohort_window' as basis,
        window_days,
        numerator,
        denominator,
        {{ ratio('numerator', 'denominator') }} as value,
        {{ variance_of_mean('numerator', 'denominator', 'sum_of_squares') }}
            as value_variance,
        cast(null as double) as count_effective_trials,
        denominator as count_observed
    from summed

)

select * from final
