with

visits as (

    select * from {{ ref('int_deals__visits') }}
    where not is_derived and stage_rank is not null

),

closings as (

    select * from {{ ref('int_deals__closings') }}

),

stages as (

    select * from {{ ref('stg_workspace__stages') }}
    where stage_rank is not null

),

-- Deals without a change log are left out: which stages they held before is not known.
deals_with_log as (

    select distinct
        deal_id,
        pipeline_name
    from visits

),

arrivals as (

    select
        deal_id,
        pipeline_name,
        stage_rank,
        entered_at as arrived_at
    from visits
    union all
    select
        closings.deal_id,
        stages.pipeline_name,
        stages.stage_rank,
        closings.closed_at as arrived_at
    from closings
    inner join stages
        on closings.stage_id = stages.pipeline_name || ':' || stages.stage_name
    inner join deals_with_log
        on
            closings.deal_id = deals_with_log.deal_id
            and stages.pipeline_name = deals_with_log.pipeline_name

),

visited_stages as (

    select distinct
        deal_id,
        stage_id
    from visits

),

-- A stage counts as reached when it or any later stage was held; a skipped one has the
-- instant of the next stage that was held.
reached as (

    select
        arrivals.deal_id,
        stages.pipeline_name || ':' || stages.stage_name as stage_id,
        stages.pipeline_name,
        stages.stage_rank,
        stages.stage_type,
        min(arrivals.arrived_at) as first_reached_at
    from arrivals
    inner join stages
        on
            arrivals.pipeline_name = stages.pipeline_name
            and arrivals.stage_rank >= stages.stage_rank
    group by
        arrivals.deal_id,
        stages.pipeline_name,
        stages.stage_name,
        stages.stage_rank,
        stages.stage_type

),

final as (

    select
        reached.deal_id,
        reached.stage_id,
        reached.pipeline_name,
        reached.stage_rank,
        reached.stage_type,
        reached.first_reached_at,
        lead(reached.first_reached_at) over (
            partition by reached.deal_id, reached.pipeline_name
            order by reached.stage_rank
        ) as next_reached_at,
        reached.stage_type = 'open' and visited_stages.deal_id is null as is_skipped
    from reached
    left join visited_stages
        on
            reached.deal_id = visited_stages.deal_id
            and reached.stage_id = visited_stages.stage_id

)

select * from final
