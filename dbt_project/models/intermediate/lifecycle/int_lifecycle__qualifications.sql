with

cycles as (

    select * from {{ ref('int_lifecycle__cycles') }}

),

contacts as (

    select * from {{ ref('int_lifecycle__contacts') }}

),

-- A valid contact on the marketing path goes before an earlier one that preceded the
-- MQL.
valid_contacts as (

    select
        lead_cycle_id,
        activity_id,
        occurred_at as sql_at,
        not is_after_mql as is_sales_direct,
        row_number() over (
            partition by lead_cycle_id
            order by
                case when is_after_mql then 0 else 1 end,
                occurred_at,
                activity_id
        ) as contact_choice
    from contacts
    where is_human_contact and verdict = 'valid'

),

refused_contacts as (

    select
        lead_cycle_id,
        refusal_reason,
        row_number() over (
            partition by lead_cycle_id
            order by occurred_at desc, activity_id desc
        ) as contact_choice
    from contacts
    where is_human_contact and verdict = 'refused' and is_after_mql

),

attempts as (

    select
        lead_cycle_id,
        min(occurred_at) as first_attempt_at,
        min(case when is_human_contact then occurred_at end) as first_human_contact_at
    from contacts
    where is_contact_attempt and is_after_mql
    group by lead_cycle_id

),

final as (

    select
        cycles.lead_cycle_id,
        attempts.first_attempt_at,
        attempts.first_human_contact_at,
        valid_contacts.sql_at,
        valid_contacts.activity_id,
        valid_contacts.is_sales_direct,
        case
            when cycles.mql_at is null then null
            when valid_contacts.lead_cycle_id is not null then 'valid'
            when refused_contacts.lead_cycle_id is not null then 'refused'
            when attempts.first_human_contact_at is not null then 'contacted'
            when attempts.first_attempt_at is not null then 'attempted'
            else 'never_contacted'
        end as contact_state,
        refused_contacts.refusal_reason
    from cycles
    left join attempts
        on cycles.lead_cycle_id = attempts.lead_cycle_id
    left join valid_contacts
        on
            cycles.lead_cycle_id = valid_contacts.lead_cycle_id
            and valid_contacts.contact_choice = 1
    left join refused_contacts
        on
            cycles.lead_cycle_id = refused_contacts.lead_cycle_id
            and refused_contacts.contact_choice = 1

)

select * from final
