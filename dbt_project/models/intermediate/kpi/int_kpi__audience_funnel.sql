{#- Step, its number, whether it is what the audience reaches. -#}
{% set steps = [('audience', 1, false), ('lead', 2, true)] %}
with

lead_rates as (

    select * from {{ ref('int_kpi__values') }}
    where
        metric_id = 'kpi1_lead_rate'
        and period_kind = 'actual'
        and period_grain = 'month'

),

-- The audience of a month and the leads it became are KPI 1's, counted crowds included.
final as (

    {% for name, number, is_reached in steps %}
    select
        period_start as cohort_month,
        'audience' as funnel_name,
        cast({{ number }} as bigint) as step_number,
        '{{ name }}' as step_name,
        dimension_name,
        dimension_value,
        basis,
        cast(denominator as bigint) as count_started,
        cast({{ 'numerator' if is_reached else 'denominator' }} as bigint)
            as count_entered,
        {{ 'cast(null as bigint)' if is_reached else 'cast(numerator as bigint)' }}
            as count_reached,
        {{ 'cast(null as double)' if is_reached else 'value' }}
            as conversion_to_next,
        count_effective_trials as next_trials,
        {{ 'value' if is_reached else 'cast(null as double)' }}
            as conversion_from_start,
        count_effective_trials as start_trials
    from lead_rates
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
