{% set grains = ['week', 'month', 'quarter', 'fiscal_year'] %}
{% set dimensions = [
    ('total', "'all'"),
    ('channel', "coalesce(acquisition_channel_name, 'Unassigned')")
] %}
with

mqls as (

    select * from {{ ref('fct_mqls') }}

),

leads as (

    select * from {{ ref('fct_leads') }}

),

activities as (

    select * from {{ ref('fct_activities') }}
    where is_human_contact and verdict = 'refused'

),

refusals as (

    select
        mqls.lead_cycle_id,
        min(activities.occurred_at) as refused_at
    from mqls
    inner join activities
        on
            mqls.lead_cycle_id = activities.lead_cycle_id
            and mqls.mql_at <= activities.occurred_at
    group by mqls.lead_cycle_id

),

-- What ends the way to an SQL: a refusal, a disqualification, the end of the cycle. An
-- SQL that came after a refusal is an SQL.
ended as (

    select
        mqls.lead_cycle_id,
        mqls.mql_date,
        mqls.acquisition_channel_name,
        mqls.mql_at,
        mqls.sql_at,
        case
            when mqls.sql_at is null
                then least(
                    coalesce(refusals.refused_at, {{ end_of_as_of() }}),
                    coalesce(mqls.disqualified_at, {{ end_of_as_of() }}),
                    coalesce(leads.closed_at, {{ end_of_as_of() }})
                )
        end as ended_at
    from mqls
    left join leads
        on mqls.lead_cycle_id = leads.lead_cycle_id
    left join refusals
        on mqls.lead_cycle_id = refusals.lead_cycle_id

),

timed as (

    select
        lead_cycle_id,
        mql_date,
        acquisition_channel_name,
        {{ seconds_between('mql_at', 'sql_at') }} as reach_seconds,
        case
            when ended_at < {{ end_of_as_of() }}
                then {{ seconds_between('mql_at', 'ended_at') }}
        end as compete_seconds,
        {{ seconds_between('mql_at', end_of_as_of()) }} as followup_seconds
    from ended

),

final as (

    {% for grain in grains %}
    {% set outer_loop = loop %}
    {% for name, expression in dimensions %}
    select
        'kpi2_sql_rate' as metric_id,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'mql_date') }} as period_start,
        lead_cycle_id as item_id,
        reach_seconds,
        compete_seconds,
        followup_seconds
    from timed
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {% endfor %}
    {% endfor %}

)

select * from final
