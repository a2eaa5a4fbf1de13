with

changes as (

    select * from {{ ref('int_deals__changes') }}
    where stage_type = 'open'

),

closings as (

    select * from {{ ref('int_deals__closings') }}

),

with_previous_stage as (

    select
        *,
        lag(stage_id) over (
            partition by deal_id
            order by change_number
        ) as previous_stage_id
    from changes

),

-- Changes that stay in one stage (an amount, a new owner, a voided loss) are one visit.
with_visit_number as (

    select
        *,
        sum(case when stage_id = previous_stage_id then 0 else 1 end) over (
            partition by deal_id
            order by change_number
            rows between unbounded preceding and current row
        ) as visit_number
    from with_previous_stage

),

entries as (

    select
        deal_id,
        stage_id,
        pipeline_name,
        stage_rank,
        occurred_at,
        amount,
        is_derived,
        timestamp_precision,
        cast(visit_number as bigint) as visit_number,
        row_number() over (
            partition by deal_id, visit_number
            order by change_number
        ) as change_in_visit
    from with_visit_number

),

visits as (

    select
        entries.*,
        lag(entries.pipeline_name) over (
            partition by entries.deal_id
            order by entries.visit_number
        ) as previous_pipeline_name,
        lag(entries.stage_rank) over (
            partition by entries.deal_id
            order by entries.visit_number
        ) as previous_stage_rank,
        lead(entries.pipeline_name) over (
            partition by entries.deal_id
            order by entries.visit_number
        ) as next_pipeline_name,
        lead(entries.stage_rank) over (
            partition by entries.deal_id
            order by entries.visit_number
        ) as next_stage_rank,
        lead(entries.visit_number) over (
            partition by entries.deal_id
            order by entries.visit_number
        ) as next_visit_number,
        lead(entries.occurred_at) over (
            partition by entries.deal_id
            order by entries.visit_number
        ) as next_occurred_at,
        lead(entries.amount) over (
            partition by entries.deal_id
            order by entries.visit_number
        ) as next_amount,
        row_number() over (
            partition by entries.deal_id, entries.stage_id
            order by entries.visit_number
        ) as stage_visit_number
    from entries
    where entries.change_in_visit = 1

),

final as (

    select
        visits.deal_id,
        visits.visit_number,
        visits.stage_id,
        visits.pipeline_name,
        visits.stage_rank,
        visits.stage_visit_number,
        visits.occurred_at as entered_at,
        coalesce(visits.next_occurred_at, closings.closed_at) as exited_at,
        visits.next_visit_number is null and closings.deal_id is null as is_open,
        coalesce(
            visits.previous_pipeline_name = visits.pipeline_name
            and visits.stage_rank < visits.previous_stage_rank,
            false
        ) as is_regression,
        case
            when visits.next_visit_number is null
                then coalesce(closings.stage_type, 'open')
            when
                visits.next_pipeline_name = visits.pipeline_name
                and visits.next_stage_rank > visits.stage_rank
                then 'advanced'
            else 'went_back'
        end as exit_type,
        visits.amount as amount_at_entry,
        case
            when visits.next_visit_number is null then closings.amount
            else visits.next_amount
        end as amount_at_exit,
        visits.is_derived,
        visits.timestamp_precision
    from visits
    left join closings
        on visits.deal_id = closings.deal_id

)

select * from final
