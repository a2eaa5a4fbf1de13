with

deals as (

    select * from {{ ref('stg_files__deals') }}

),

changes as (

    select * from {{ ref('int_deals__changes') }}

),

visits as (

    select * from {{ ref('int_deals__visits') }}

),

closings as (

    select * from {{ ref('int_deals__closings') }}

),

change_summaries as (

    select
        deal_id,
        min(case when stage_type = 'open' then occurred_at end) as first_opened_at,
        min(occurred_at) as first_changed_at
    from changes
    group by deal_id

),

last_changes as (

    select
        changes.deal_id,
        changes.pipeline_name,
        changes.amount,
        row_number() over (
            partition by changes.deal_id
            order by changes.change_number desc
        ) as number_from_end
    from changes

),

last_visits as (

    select
        deal_id,
        stage_id,
        stage_rank,
        row_number() over (
            partition by deal_id
            order by visit_number desc
        ) as number_from_end
    from visits

),

-- The rank of the won stage, where the deal was won in the pipeline of its last change.
highest_ranks as (

    select
        changes.deal_id,
        max(changes.stage_rank) as highest_stage_rank
    from changes
    left join closings
        on changes.deal_id = closings.deal_id
    where
        changes.stage_type = 'open'
        or (
            changes.stage_type = closings.stage_type
            and changes.change_number >= closings.closing_number
        )
    group by changes.deal_id

),

final as (

    select
        deals.deal_id,
        deals.person_id as source_person_id,
        deals.company_id,
        deals.owner_id,
        deals.product_id,
        coalesce(last_changes.pipeline_name, deals.pipeline_name) as pipeline_name,
        coalesce(closings.stage_id, last_visits.stage_id) as current_stage_id,
        coalesce(closings.stage_type, 'open') as deal_status,
        case
            when last_changes.deal_id is not null then last_changes.amount
            else deals.amount
        end as amount,
        {{ currency_or_base('deals.currency_code') }} as currency_code,
        coalesce(deals.created_at, change_summaries.first_opened_at) as created_at,
        closings.closed_at,
        case when closings.stage_type = 'lost' then last_visits.stage_id end
            as loss_stage_id,
        case when closings.stage_type = 'lost' then deals.loss_reason end
            as loss_reason,
        highest_ranks.highest_stage_rank,
        case
            when deals.is_deleted then 'deleted'
            when deals.merged_into_deal_id is not null then 'merged'
            when deals.is_test then 'test'
        end as not_reportable_reason
    from deals
    left join change_summaries
        on deals.deal_id = change_summaries.deal_id
    left join last_changes
        on
            deals.deal_id = last_changes.deal_id
            and last_changes.number_from_end = 1
    left join last_visits
        on
            deals.deal_id = last_visits.deal_id
            and last_visits.number_from_end = 1
    left join closings
        on deals.deal_id = closings.deal_id
    left join highest_ranks
        on deals.deal_id = highest_ranks.deal_id
    where
        coalesce(
            deals.recorded_at, deals.created_at, change_summaries.first_changed_at
        ) < {{ end_of_as_of() }}
        or (
            deals.recorded_at is null
            and deals.created_at is null
            and change_summaries.first_changed_at is null
        )

)

select * from final
