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

-- What rules an SQL out: the disqualification and the end of the cycle. A refusal does
-- not, since an SQL may still follow it.
ended as (

    select
        mqls.lead_cycle_id,
        mqls.mql_date,
        mqls.acquisition_channel_name,
        mqls.mql_at,
        mqls.sql_at,
        least(
            coalesce(mqls.disqualified_at, {{ end_of_as_of() }}),
            coalesce(leads.closed_at, {{ end_of_as_of() }})
        ) as ended_at
    from mqls
    left join leads
        on mqls.lead_cycle_id = leads.lead_cycle_id
    -- Sales took these up before they were MQL.
    where not mqls.is_sales_direct

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
