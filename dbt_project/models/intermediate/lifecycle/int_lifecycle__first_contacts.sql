with

contacts as (

    select * from {{ ref('int_lifecycle__contacts') }}
    where is_human_contact

),

activities as (

    select * from {{ ref('int_lifecycle__activities') }}

),

numbered as (

    select
        contacts.lead_cycle_id,
        contacts.activity_id,
        contacts.occurred_at,
        activities.owner_id,
        {{ add_seconds(
            'contacts.occurred_at', 'coalesce(activities.duration_seconds, 0)'
        ) }} as ended_at,
        row_number() over (
            partition by contacts.lead_cycle_id
            order by contacts.occurred_at, contacts.activity_id
        ) as contact_number
    from contacts
    inner join activities
        on contacts.activity_id = activities.activity_id

),

final as (

    select
        lead_cycle_id,
        activity_id,
        owner_id,
        occurred_at as first_human_contact_at,
        ended_at as first_human_contact_ended_at
    from numbered
    where contact_number = 1

)

select * from final
