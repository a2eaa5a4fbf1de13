{% set grains = ['month', 'quarter', 'fiscal_year'] %}
{% set dimensions = [
    ('total', "'all'"),
    ('channel', "coalesce(acquisition_channel_name, 'Unassigned')"),
    ('owner', "coalesce(owner_id, 'unassigned')"),
] %}
{#- Metric, day of entry, business seconds to the contact and to the end of the
    watch. -#}
{% set starts = [
    (
        'contact_hours_from_lead', 'opened_date', 'business_seconds_from_lead',
        'business_seconds_watched_from_lead'
    ),
    (
        'contact_hours_from_mql', 'waiting_from_mql_date', 'business_seconds_from_mql',
        'business_seconds_watched_from_mql'
    ),
] %}
with

delays as (

    select * from {{ ref('fct_contact_delays') }}

),

-- Nothing competes: whose cycle closed without a contact was watched no longer.
final as (

    {% for metric, entered, reach, watched in starts %}
    {% set first_loop = loop %}
    {% for grain in grains %}
    {% set second_loop = loop %}
    {% for name, expression in dimensions %}
    select
        '{{ metric }}' as metric_id,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, entered) }} as period_start,
        lead_cycle_id as item_id,
        {{ reach }} as reach_seconds,
        cast(null as bigint) as compete_seconds,
        {{ watched }} as followup_seconds
    from delays
    where {{ entered }} is not null
    {{ 'union all' if not (loop.last and second_loop.last and first_loop.last) }}
    {% endfor %}
    {% endfor %}
    {% endfor %}

)

select * from final
