with

cycles as (

    select * from {{ ref('int_lifecycle__cycles') }}

),

contacts as (

    select * from {{ ref('int_lifecycle__contacts') }}
    where is_contact_attempt

),

activities as (

    select * from {{ ref('int_lifecycle__activities') }}

),

attempts as (

    select
        contacts.lead_cycle_id,
        count(*) as count_attempts,
        sum(coalesce(activities.duration_seconds, 0)) as duration_seconds
    from contacts
    inner join activities
        on contacts.activity_id = activities.activity_id
    group by contacts.lead_cycle_id

),

final as (

    select
        cycles.lead_cycle_id,
        cycles.closed_at,
        cycles.close_reason,
        cast(coalesce(attempts.count_attempts, 0) as bigint) as count_attempts,
        cast(
            cast(coalesce(attempts.duration_seconds, 0) as decimal(18, 4)) / 3600
            as decimal(18, 4)
        ) as effort_hours
    from cycles
    left join attempts
        on cycles.lead_cycle_id = attempts.lead_cycle_id
    where cycles.closed_at is not null

)

select * from final
