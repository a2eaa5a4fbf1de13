with

deals as (

    select * from {{ ref('fct_deals') }}

),

activities as (

    select * from {{ ref('fct_activities') }}
    where person_id is not null

),

persons as (

    select * from {{ ref('dim_persons') }}

),

committee_roles as (

    select * from {{ ref('int_identity__committee_roles') }}

),

-- Whoever an activity of the deal names, and whoever of the company spoke with the firm
-- or gave a sign while the deal was open.
contacts as (

    select
        deals.deal_id,
        deals.person_id,
        true as is_primary,
        cast(null as string) as activity_id,
        cast(null as timestamp) as occurred_at
    from deals
    where deals.person_id is not null
    union all
    select
        activities.deal_id,
        activities.person_id,
        false as is_primary,
        activities.activity_id,
        activities.occurred_at
    from activities
    inner join deals
        on activities.deal_id = deals.deal_id
    union all
    select
        deals.deal_id,
        activities.person_id,
        false as is_primary,
        activities.activity_id,
        activities.occurred_at
    from deals
    inner join activities
        on
            deals.company_id = activities.company_id
            and deals.created_at <= activities.occurred_at
            and (
                deals.closed_at is null
                or deals.closed_at >= activities.occurred_at
            )
    where activities.is_human_contact or activities.direction = 'inbound'

),

active_contacts as (

    select
        deal_id,
        person_id,
        max(case when is_primary then 1 else 0 end) = 1 as is_primary,
        cast(count(distinct activity_id) as bigint) as count_activities,
        min(occurred_at) as first_active_at
    from contacts
    group by deal_id, person_id

),

final as (

    select
        {{ surrogate_key(['active_contacts.deal_id', 'active_contacts.person_id']) }}
            as deal_contact_id,
        active_contacts.deal_id,
        active_contacts.person_id,
        active_contacts.is_primary,
        persons.job_function,
        persons.seniority,
        committee_roles.committee_role,
        active_contacts.count_activities,
        active_contacts.first_active_at
    from active_contacts
    inner join persons
        on active_contacts.person_id = persons.person_id
    left join committee_roles
        on active_contacts.person_id = committee_roles.person_id
    where not persons.is_internal

)

select * from final
