with

activities as (

    select * from {{ ref('stg_files__activities') }}

),

deals as (

    select * from {{ ref('stg_files__deals') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

companies as (

    select * from {{ ref('int_identity__companies') }}

),

-- An activity that names its deal alone belongs to the deal's contact and company.
visible_activities as (

    select
        activities.*,
        coalesce(activities.person_id, deals.person_id) as source_person_id,
        coalesce(activities.company_id, deals.company_id) as source_company_id,
        -- A judgement made after the as-of day is not known yet; the contact is.
        coalesce(activities.verdict_at < {{ end_of_as_of() }}, true)
            as is_verdict_known
    from activities
    left join deals
        on activities.deal_id = deals.deal_id
    where
        not activities.is_deleted
        and activities.occurred_at < {{ end_of_as_of() }}
        and activities.recorded_at < {{ end_of_as_of() }}

),

final as (

    select
        visible_activities.activity_id,
        visible_activities.activity_type,
        visible_activities.direction,
        visible_activities.outcome,
        case
            when visible_activities.is_verdict_known then visible_activities.verdict
        end as verdict,
        case
            when visible_activities.is_verdict_known then visible_activities.verdict_at
        end as verdict_at,
        case
            when visible_activities.is_verdict_known
                then visible_activities.refusal_reason
        end as refusal_reason,
        visible_activities.occurred_at,
        visible_activities.recorded_at,
        visible_activities.duration_seconds,
        coalesce(
            visible_activities.activity_type
            in {{ text_list(var('human_contact_activities')) }},
            false
        ) as is_contact_attempt,
        coalesce(
            visible_activities.activity_type
            in {{ text_list(var('human_contact_activities')) }}
            and visible_activities.outcome
            in {{ text_list(var('human_contact_outcomes')) }},
            false
        ) as is_human_contact,
        persons.person_id,
        coalesce(companies.company_id, visible_activities.source_company_id)
            as company_id,
        visible_activities.deal_id,
        visible_activities.owner_id
    from visible_activities
    left join persons
        on visible_activities.source_person_id = persons.source_person_id
    left join companies
        on visible_activities.source_company_id = companies.source_company_id

)

select * from final
