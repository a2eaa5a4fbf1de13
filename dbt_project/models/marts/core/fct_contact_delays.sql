with

leads as (

    select * from {{ ref('fct_leads') }}

),

first_contacts as (

    select * from {{ ref('int_lifecycle__first_contacts') }}

),

business_days as (

    select * from {{ ref('int_lifecycle__business_days') }}

),

-- Who was spoken to before the MQL does not wait for a first contact from it.
instants as (

    select
        leads.lead_cycle_id,
        leads.owner_id,
        leads.acquisition_channel_name,
        leads.opened_at,
        case
            when
                first_contacts.first_human_contact_at is null
                or first_contacts.first_human_contact_at >= leads.mql_at
                then leads.mql_at
        end as waiting_from_mql_at,
        first_contacts.activity_id,
        first_contacts.first_human_contact_at,
        least(coalesce(leads.closed_at, {{ end_of_as_of() }}), {{ end_of_as_of() }})
            as watched_until_at
    from leads
    left join first_contacts
        on leads.lead_cycle_id = first_contacts.lead_cycle_id

),

dated as (

    select
        *,
        {{ business_date('opened_at') }} as opened_date,
        {{ business_date('waiting_from_mql_at') }} as waiting_from_mql_date,
        {{ business_date('first_human_contact_at') }} as first_human_contact_date,
        {{ business_date('watched_until_at') }} as watched_until_date
    from instants

),

passed as (

    select
        dated.*,
        {{ business_seconds_at('dated.opened_at', 'opened_days') }}
            as seconds_at_opening,
        {{ business_seconds_at('dated.waiting_from_mql_at', 'mql_days') }}
            as seconds_at_mql,
        {{ business_seconds_at('dated.first_human_contact_at', 'contact_days') }}
            as seconds_at_contact,
        {{ business_seconds_at('dated.watched_until_at', 'last_days') }}
            as seconds_at_end
    from dated
    left join business_days as opened_days
        on dated.opened_date = opened_days.date_day
    left join business_days as mql_days
        on dated.waiting_from_mql_date = mql_days.date_day
    left join business_days as contact_days
        on dated.first_human_contact_date = contact_days.date_day
    left join business_days as last_days
        on dated.watched_until_date = last_days.date_day

),

final as (

    select
        lead_cycle_id,
        owner_id,
        acquisition_channel_name,
        opened_at,
        opened_date,
        waiting_from_mql_at,
        waiting_from_mql_date,
        activity_id,
        first_human_contact_at,
        first_human_contact_date,
        watched_until_at,
        case
            when first_human_contact_at is not null
                then seconds_at_contact - seconds_at_opening
        end as business_seconds_from_lead,
        case
            when
                first_human_contact_at is not null and waiting_from_mql_at is not null
                then seconds_at_contact - seconds_at_mql
        end as business_seconds_from_mql,
        seconds_at_end - seconds_at_opening as business_seconds_watched_from_lead,
        case
            when waiting_from_mql_at is not null then seconds_at_end - seconds_at_mql
        end as business_seconds_watched_from_mql
    from passed

)

select * from final
