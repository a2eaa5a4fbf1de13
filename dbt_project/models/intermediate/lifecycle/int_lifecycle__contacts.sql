with

activities as (

    select * from {{ ref('int_lifecycle__activities') }}

),

cycles as (

    select * from {{ ref('int_lifecycle__cycles') }}

),

-- The call that closes a cycle is part of it; on the seam of two cycles the later one
-- has it.
choices as (

    select
        activities.activity_id,
        cycles.lead_cycle_id,
        cycles.mql_at,
        row_number() over (
            partition by activities.activity_id
            order by cycles.cycle_number desc
        ) as cycle_choice
    from activities
    inner join cycles
        on
            activities.person_id = cycles.person_id
            and activities.occurred_at >= cycles.opened_at
            and (
                cycles.closed_at is null
                or activities.occurred_at <= cycles.closed_at
            )

),

final as (

    select
        activities.activity_id,
        choices.lead_cycle_id,
        activities.occurred_at,
        activities.is_contact_attempt,
        activities.is_human_contact,
        activities.verdict,
        activities.refusal_reason,
        coalesce(activities.occurred_at >= choices.mql_at, false) as is_after_mql
    from choices
    inner join activities
        on choices.activity_id = activities.activity_id
    where choices.cycle_choice = 1

)

select * from final
