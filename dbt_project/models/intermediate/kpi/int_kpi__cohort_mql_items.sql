{#- Metric, grains, dimensions; a segment is too small for a week. -#}
{% set all_grains = ['week', 'month', 'quarter', 'fiscal_year'] %}
{% set long_grains = all_grains[1:] %}
{% set total = ('total', "'all'") %}
{% set channel = ('channel', "coalesce(acquisition_channel_name, 'Unassigned')") %}
{% set segments = [
    ('campaign', "coalesce(acquisition_campaign_name, 'none')"),
    ('content', "coalesce(acquisition_content_name, 'none')"),
    ('sector', "coalesce(sector, 'unknown')"),
    ('company_size', "coalesce(company_size, 'unknown')"),
    ('region', "coalesce(region_name, 'unknown')"),
    ('owner', "coalesce(owner_id, 'unassigned')"),
] %}
{% set groups = [
    ('kpi2_sql_rate', all_grains, [total, channel]),
    ('kpi2_sql_rate', long_grains, segments),
    ('kpi2_contacted_rate', all_grains, [total, channel]),
    ('kpi2_valid_rate', all_grains, [total, channel]),
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
        mqls.*,
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

    {% for metric, entered, reached in [
        ('kpi2_sql_rate', 'mql_at', 'sql_at'),
        ('kpi2_contacted_rate', 'mql_at', 'first_human_contact_at'),
        ('kpi2_valid_rate', 'first_human_contact_at', 'sql_at'),
    ] %}
    select
        *,
        '{{ metric }}' as metric_id,
        {{ business_date(entered) }} as entered_date,
        {{ seconds_between(entered, reached) }} as reach_seconds,
        case
            when ended_at < {{ end_of_as_of() }}
                then {{ seconds_between(entered, 'ended_at') }}
        end as compete_seconds,
        {{ seconds_between(entered, end_of_as_of()) }} as followup_seconds
    from ended
    where {{ entered }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    {% for metric, grains, dimensions in groups %}
    {% set group_loop = loop %}
    {% for grain in grains %}
    {% set grain_loop = loop %}
    {% for name, expression in dimensions %}
    select
        metric_id,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'entered_date') }} as period_start,
        lead_cycle_id as item_id,
        reach_seconds,
        compete_seconds,
        followup_seconds
    from timed
    where metric_id = '{{ metric }}'
    {{ 'union all' if not (loop.last and grain_loop.last and group_loop.last) }}
    {% endfor %}
    {% endfor %}
    {% endfor %}

)

select * from final
