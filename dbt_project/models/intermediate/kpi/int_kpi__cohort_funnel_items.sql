{#- Metric, what it starts from, what is reached, what rules that out, condition. -#}
{% set curves = [
    (
        'funnel_next', 'reached_at', 'next_reached_at', 'next_ruled_out_at',
        'reached_at is not null and not is_last_step'
    ),
    ('funnel_start', 'started_at', 'reached_at', 'ruled_out_at', 'step_number > 1'),
] %}
with

steps as (

    select * from {{ ref('int_kpi__funnel_steps') }}

),

-- One dimension name holds funnel, step and dimension, so that funnels go through the
-- estimators of all cohorts.
final as (

    {% for metric, entered_at, reached_at, ruled_out_at, condition in curves %}
    select
        '{{ metric }}' as metric_id,
        funnel_name || '/' || cast(step_number as string) || '/' || dimension_name
            as dimension_name,
        dimension_value,
        'month' as period_grain,
        cohort_month as period_start,
        item_id,
        {{ seconds_between(entered_at, reached_at) }} as reach_seconds,
        case
            when {{ reached_at }} is null and {{ ruled_out_at }} >= {{ entered_at }}
                then {{ seconds_between(entered_at, ruled_out_at) }}
        end as compete_seconds,
        {{ seconds_between(entered_at, end_of_as_of()) }} as followup_seconds
    from steps
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
