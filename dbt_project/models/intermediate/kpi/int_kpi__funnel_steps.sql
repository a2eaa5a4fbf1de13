{% set columns = [
    'funnel_name', 'step_number', 'step_name', 'is_last_step', 'item_id', 'cohort_date',
    'started_at', 'reached_at', 'next_reached_at', 'ruled_out_at', 'next_ruled_out_at',
] %}
{% set dimensions = [
    ('total', "'all'"),
    ('channel', "coalesce(channel_name, 'Unassigned')"),
    ('campaign', "coalesce(campaign_name, 'none')"),
    ('owner', "coalesce(owner_id, 'unassigned')"),
    ('region', "coalesce(region_name, 'unknown')"),
] %}
with

lead_steps as (

    select * from {{ ref('int_kpi__funnel_lead_steps') }}

),

deal_steps as (

    select * from {{ ref('int_kpi__funnel_deal_steps') }}

),

unioned as (

    {% for steps in ['lead_steps', 'deal_steps'] %}
    select
        channel_name,
        campaign_name,
        owner_id,
        region_name,
        {{ columns | join(',\n        ') }}
    from {{ steps }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    {% for name, expression in dimensions %}
    select
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        {{ columns | join(',\n        ') }},
        {{ period_start('month', 'cohort_date') }} as cohort_month
    from unioned
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
