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
        stage_id,
        pipeline_name,
        stage_rank,
        entered_at as arrived_at,
        visit_number as arrival_number,
        amount_at_entry as amount
    from visits
    union all
    select
        closings.deal_id,
        closings.stage_id,
        stages.pipeline_name,
        stages.stage_rank,
        closings.closed_at as arrived_at,
        cast(1000000000 as bigint) as arrival_number,
        closings.amount
    from closings
    inner join stages
        on closings.stage_id = stages.pipeline_name || ':' || stages.stage_name
    inner join deals_with_log
        on
            closings.deal_id = deals_with_log.deal_id
            and stages.pipeline_name = deals_with_log.pipeline_name

),

held as (

    select
        deal_id,
        stage_id,
        min(arrived_at) as first_held_at
    from arrivals
    group by deal_id, stage_id

),

-- A stage counts as reached when it or any later stage was held; a skipped one has the
-- instant and the amount of the next stage that was held.
reached as (

    select
        arrivals.deal_id,
        stages.pipeline_name || ':' || stages.stage_name as stage_id,
        stages.pipeline_name,
        stages.stage_rank,
        stages.stage_type,
        arrivals.arrived_at as first_reached_at,
        arrivals.amount as amount_at_reach,
        row_number() over (
            partition by arrivals.deal_id, stages.pipeline_name, stages.stage_name
            order by
                coalesce(arrivals.arrived_at, cast('9999-12-31' as timestamp)),
                arrivals.arrival_number
        ) as arrival_choice
    from arrivals
    inner join stages
        on
            arrivals.pipeline_name = stages.pipeline_name
            and arrivals.stage_rank >= stages.stage_rank

),

with_way as (

    select
        reached.*,
        held.first_held_at,
        count(held.first_held_at) over (
            partition by reached.deal_id, reached.pipeline_name
            order by reached.stage_rank
            rows between unbounded preceding and current row
        ) as count_held,
        row_number() over (
            partition by reached.deal_id, reached.pipeline_name
            order by reached.stage_rank
        ) as count_of_the_way,
        max(held.first_held_at) over (
            partition by reached.deal_id, reached.pipeline_name
            order by reached.stage_rank
            rows between unbounded preceding and current row
        ) as last_held_at,
        held.deal_id is null as is_not_held
    from reached
    left join held
        on
            reached.deal_id = held.deal_id
            and reached.stage_id = held.stage_id
    where reached.arrival_choice = 1

),

final as (

    select
        deal_id,
        stage_id,
        pipeline_name,
        stage_rank,
        stage_type,
        first_reached_at,
        lead(first_reached_at) over (
            partition by deal_id, pipeline_name
            order by stage_rank
        ) as next_reached_at,
        amount_at_reach,
        first_held_at,
        case when count_held = count_of_the_way then last_held_at end as all_held_at,
        stage_type = 'open' and is_not_held as is_skipped
    from with_way

)

select * from final
