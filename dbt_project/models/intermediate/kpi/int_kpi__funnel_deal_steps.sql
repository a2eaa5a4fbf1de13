with

reaches as (

    select * from {{ ref('int_deals__reaches') }}

),

stages as (

    select * from {{ ref('dim_stages') }}
    where stage_rank is not null

),

deals as (

    select * from {{ ref('fct_deals') }}
    where is_reportable

),

leads as (

    select * from {{ ref('fct_leads') }}

),

starts as (

    select
        deal_id,
        pipeline_name,
        min(first_reached_at) as started_at
    from reaches
    group by deal_id, pipeline_name

),

final as (

    select
        'deal:' || starts.pipeline_name as funnel_name,
        cast(stages.stage_rank as bigint) as step_number,
        stages.stage_name as step_name,
        stages.stage_type = 'won' as is_last_step,
        starts.deal_id as item_id,
        leads.acquisition_channel_name as channel_name,
        leads.acquisition_campaign_name as campaign_name,
        deals.owner_id,
        leads.region_name,
        {{ business_date('starts.started_at') }} as cohort_date,
        starts.started_at,
        reaches.first_reached_at as reached_at,
        reaches.next_reached_at,
        case when deals.deal_status = 'lost' then deals.closed_at end as ruled_out_at,
        case when deals.deal_status = 'lost' then deals.closed_at end
            as next_ruled_out_at
    from starts
    inner join deals
        on starts.deal_id = deals.deal_id
    inner join stages
        on starts.pipeline_name = stages.pipeline_name
    left join reaches
        on
            starts.deal_id = reaches.deal_id
            and stages.stage_id = reaches.stage_id
    left join leads
        on deals.lead_cycle_id = leads.lead_cycle_id

)

select * from final
