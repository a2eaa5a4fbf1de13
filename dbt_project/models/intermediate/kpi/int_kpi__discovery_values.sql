{% set grains = ['month', 'quarter', 'fiscal_year'] %}
{% set windows = [1, 7, 30] %}
{% set series = [
    'metric_id', 'dimension_name', 'dimension_value', 'basis', 'window_days',
    'period_grain', 'period_start',
] | join(', ') %}
with

discovery as (

    select * from {{ ref('int_lifecycle__discovery') }}

),

lead_discovery as (

    select * from {{ ref('fct_lead_discovery') }}

),

periods as (

    select * from {{ ref('int_kpi__periods') }}

),

-- Weight known so many days after the opening, of each section and of the whole record.
known as (

    {% for days in windows %}
    {% set outer_loop = loop %}
    {% for name, expression in [('total', "'all'"), ('section', 'section_code')] %}
    select
        lead_cycle_id,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        cast({{ days }} as bigint) as window_days,
        sum(
            case
                when
                    answered_at <= {{ add_seconds('opened_at', days * 86400) }}
                    then weight
                else 0
            end
        ) / sum(weight) as completeness
    from discovery
    group by lead_cycle_id, {{ expression }}
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {% endfor %}
    {% endfor %}

),

items as (

    {% for grain in grains %}
    select
        'discovery_completeness' as metric_id,
        known.dimension_name,
        known.dimension_value,
        'cohort_window' as basis,
        known.window_days,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'lead_discovery.opened_date') }} as period_start,
        cast(known.completeness as decimal(18, 12)) as item_share
    from known
    inner join lead_discovery
        on known.lead_cycle_id = lead_discovery.lead_cycle_id
    union all
    {% for name, expression in [
        ('total', "'all'"),
        ('owner', "coalesce(first_human_contact_owner_id, 'unassigned')"),
    ] %}
    select
        'script_coverage' as metric_id,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        'period' as basis,
        cast(0 as bigint) as window_days,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'first_human_contact_date') }} as period_start,
        cast(script_coverage_rate as decimal(18, 12)) as item_share
    from lead_discovery
    where script_coverage_rate is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Decimals add up to the same whatever their order.
summed as (

    select
        {{ series }},
        cast(count(*) as double) as count_items,
        cast(sum(item_share) as double) as sum_shares,
        cast(
            sum(
                cast(
                    cast(item_share as double) * cast(item_share as double)
                    as decimal(18, 12)
                )
            ) as double
        ) as sum_squares
    from items
    group by {{ series }}

),

-- Only cohorts that have had their days are whole.
final as (

    select
        'actual' as period_kind,
        summed.period_grain,
        summed.period_start,
        summed.metric_id,
        summed.dimension_name,
        summed.dimension_value,
        summed.basis,
        summed.window_days,
        cast(round(summed.sum_shares, 4) as decimal(18, 4)) as numerator,
        cast(summed.count_items as decimal(18, 4)) as denominator,
        round(summed.sum_shares / summed.count_items, 10) as value,
        case
            when summed.count_items > 1
                then
                    round(
                        greatest(
                            summed.sum_squares
                            - summed.sum_shares * summed.sum_shares
                            / summed.count_items,
                            0
                        ) / (summed.count_items * (summed.count_items - 1)),
                        12
                    )
        end as value_variance,
        summed.count_items as count_effective_trials,
        cast(summed.count_items as decimal(18, 4)) as count_observed
    from summed
    inner join periods
        on
            summed.period_grain = periods.period_grain
            and summed.period_start = periods.period_start
    where
        summed.basis = 'period'
        or {{ add_days('periods.last_date', 'summed.window_days + 1') }}
        <= {{ as_of() }}

)

select * from final
