{#- Step, its instant, that of the next step, what rules the step out, what rules the
    next one out. A deal that is won ends the cycle before its order comes. -#}
{% set steps = [
    ('lead', 'opened_at', 'mql_at', 'ended_at', 'ended_at'),
    ('mql', 'mql_at', 'sql_at', 'ended_at', 'ended_at'),
    ('sql', 'sql_at', 'opportunity_at', 'ended_at', 'ended_at'),
    ('opportunity', 'opportunity_at', 'order_at', 'ended_at', 'lost_at'),
    ('order', 'order_at', 'cast(null as timestamp)', 'lost_at', 'lost_at'),
] %}
with

leads as (

    select * from {{ ref('fct_leads') }}

),

mqls as (

    select * from {{ ref('fct_mqls') }}

),

deals as (

    select * from {{ ref('fct_deals') }}
    where is_reportable and lead_cycle_id is not null

),

orders as (

    select * from {{ ref('fct_orders') }}

),

-- However many deals and orders follow, a cycle has one first of each.
followed_up as (

    select
        deals.lead_cycle_id,
        min(deals.created_at) as opportunity_at,
        min(orders.ordered_at) as order_at
    from deals
    left join orders
        on deals.deal_id = orders.deal_id
    group by deals.lead_cycle_id

),

-- What sales took up before it was MQL has not come down this way.
journeys as (

    select
        leads.lead_cycle_id,
        leads.opened_at,
        leads.opened_date,
        leads.acquisition_channel_name,
        leads.acquisition_campaign_name,
        leads.owner_id,
        leads.region_name,
        mqls.mql_at,
        mqls.sql_at,
        leads.closed_at as ended_at,
        case when leads.close_reason <> 'won' then leads.closed_at end as lost_at,
        case
            when mqls.sql_at is not null and followed_up.opportunity_at is not null
                then greatest(followed_up.opportunity_at, mqls.sql_at)
        end as opportunity_at,
        followed_up.order_at as first_order_at
    from leads
    left join mqls
        on leads.lead_cycle_id = mqls.lead_cycle_id
    left join followed_up
        on leads.lead_cycle_id = followed_up.lead_cycle_id
    where
        leads.opened_at is not null
        and not coalesce(mqls.is_sales_direct, leads.sql_at is not null)

),

chained as (

    select
        *,
        case
            when opportunity_at is not null and first_order_at is not null
                then greatest(first_order_at, opportunity_at)
        end as order_at
    from journeys

),

final as (

    {% for name, at, next_at, ruled_out_at, next_ruled_out_at in steps %}
    select
        'lead' as funnel_name,
        cast({{ loop.index }} as bigint) as step_number,
        '{{ name }}' as step_name,
        {{ loop.last | lower }} as is_last_step,
        lead_cycle_id as item_id,
        acquisition_channel_name as channel_name,
        acquisition_campaign_name as campaign_name,
        owner_id,
        region_name,
        opened_date as cohort_date,
        opened_at as started_at,
        {{ at }} as reached_at,
        {{ next_at }} as next_reached_at,
        {{ ruled_out_at }} as ruled_out_at,
        {{ next_ruled_out_at }} as next_ruled_out_at
    from chained
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
