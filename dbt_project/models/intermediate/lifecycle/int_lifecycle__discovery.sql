with

cycles as (

    select * from {{ ref('int_lifecycle__cycles') }}

),

profiles as (

    select * from {{ ref('int_identity__profiles') }}

),

questions as (

    select * from {{ ref('stg_workspace__discovery_questions') }}

),

answers as (

    select * from {{ ref('stg_files__discovery_answers') }}
    where
        not is_deleted
        and answer is not null
        and occurred_at < {{ end_of_as_of() }}
        and recorded_at < {{ end_of_as_of() }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

companies as (

    select * from {{ ref('int_identity__companies') }}

),

first_contacts as (

    select * from {{ ref('int_lifecycle__first_contacts') }}

),

-- What is known of a company is known of each of its contacts.
person_answers as (

    select
        persons.person_id,
        answers.question_code,
        answers.activity_id,
        answers.occurred_at
    from answers
    inner join persons
        on answers.person_id = persons.source_person_id
    union all
    select
        profiles.person_id,
        answers.question_code,
        answers.activity_id,
        answers.occurred_at
    from answers
    inner join companies
        on answers.company_id = companies.source_company_id
    inner join profiles
        on companies.company_id = profiles.company_id
    where answers.person_id is null

),

-- An answer of an earlier cycle is still known in the next. One of the call counts for
-- the call, whenever it was typed in.
cycle_answers as (

    select
        cycles.lead_cycle_id,
        person_answers.question_code,
        min(person_answers.occurred_at) as answered_at,
        max(
            case
                when
                    person_answers.activity_id = first_contacts.activity_id
                    or person_answers.occurred_at
                    <= first_contacts.first_human_contact_ended_at
                    then 1
                else 0
            end
        ) = 1 as is_answered_by_first_contact
    from cycles
    inner join person_answers
        on cycles.person_id = person_answers.person_id
    left join first_contacts
        on cycles.lead_cycle_id = first_contacts.lead_cycle_id
    where
        cycles.closed_at is null or cycles.closed_at >= person_answers.occurred_at
    group by cycles.lead_cycle_id, person_answers.question_code

),

final as (

    select
        cycles.lead_cycle_id,
        questions.question_code,
        questions.section_code,
        questions.label_en as question_label_en,
        questions.label_fr as question_label_fr,
        questions.is_script_question,
        questions.weight,
        cycles.opened_at,
        cycles.closed_at,
        cycle_answers.answered_at,
        case
            when first_contacts.lead_cycle_id is not null
                then coalesce(cycle_answers.is_answered_by_first_contact, false)
        end as is_answered_by_first_contact
    from cycles
    cross join questions
    left join cycle_answers
        on
            cycles.lead_cycle_id = cycle_answers.lead_cycle_id
            and questions.question_code = cycle_answers.question_code
    left join first_contacts
        on cycles.lead_cycle_id = first_contacts.lead_cycle_id

)

select * from final
