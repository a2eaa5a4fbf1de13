with

activities as (

    select * from {{ ref('int_lifecycle__activities') }}

),

contacts as (

    select * from {{ ref('int_lifecycle__contacts') }}

),

final as (

    select
        activities.activity_id,
        activities.activity_type,
        activities.direction,
        activities.outcome,
        activities.verdict,
        activities.verdict_at,
        activities.refusal_reason,
        activities.occurred_at,
        {{ business_date('activities.occurred_at') }} as occurred_date,
        activities.recorded_at,
        activities.duration_seconds,
        activities.is_human_contact,
        activities.person_id,
        activities.company_id,
        activities.deal_id,
        activities.owner_id,
        contacts.lead_cycle_id
    from activities
    left join contacts
        on activities.activity_id = contacts.activity_id

)

select * from final
