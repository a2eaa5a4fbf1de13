with

steps as (

    select
        *,
        {{ period_start('month', business_date('reached_at')) }} as reached_month
    from {{ ref('int_kpi__funnel_steps') }}

),

-- A cohort is counted at every step, also at those that nobody has reached.
final as (

    {% for kind, month in [('cohort', 'cohort_month'), ('period', 'reached_month')] %}
    select
        '{{ kind }}' as count_kind,
        funnel_name,
        step_number,
        step_name,
        is_last_step,
        {{ month }} as funnel_month,
        dimension_name,
        dimension_value,
        count(reached_at) as count_entered,
        max(reached_at) as last_entered_at
    from steps
    where {{ month }} is not null
    group by
        funnel_name,
        step_number,
        step_name,
        is_last_step,
        {{ month }},
        dimension_name,
        dimension_value
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
