{%- set end_of_time = "timestamp '9999-12-31 00:00:00'" -%}
with

profiles as (

    select * from {{ ref('int_scoring__due_persons') }}

),

persons as (

    select persons.*
    from {{ ref('int_identity__persons') }} as persons
    inner join {{ ref('int_scoring__due_persons') }} as due_persons
        on persons.person_id = due_persons.person_id

),

companies as (

    select * from {{ ref('int_identity__companies') }}

),

answers as (

    select * from {{ ref('stg_files__discovery_answer_versions') }}
    where not is_deleted and known_at < {{ end_of_as_of() }}

),

checks as (

    select * from {{ ref('stg_files__milestone_versions') }}
    where not is_deleted and known_at < {{ end_of_as_of() }}

),

deals as (

    select * from {{ ref('int_deals__current') }}
    where not_reportable_reason is null

),

-- A deal that is lost or won says nothing of the next purchase.
deal_spans as (

    select * from {{ ref('int_scoring__deal_spans') }}
    where stage_type = 'open'

),

criteria as (

    select distinct evidence_field from {{ ref('int_scoring__criteria') }}

),

-- What is known of a company is known of each of its contacts.
statements as (

    select
        persons.person_id,
        'discovery.' || answers.question_code as evidence_field,
        answers.discovery_answer_id as evidence_id,
        cast(null as string) as deal_id,
        answers.answer as text_value,
        answers.occurred_at,
        answers.known_at,
        answers.replaced_at
    from answers
    inner join persons
        on answers.person_id = persons.source_person_id
    union all
    select
        profiles.person_id,
        'discovery.' || answers.question_code as evidence_field,
        answers.discovery_answer_id as evidence_id,
        cast(null as string) as deal_id,
        answers.answer as text_value,
        answers.occurred_at,
        answers.known_at,
        answers.replaced_at
    from answers
    inner join companies
        on answers.company_id = companies.source_company_id
    inner join profiles
        on companies.company_id = profiles.company_id
    where answers.person_id is null
    {% for entity in ['milestones', 'milestone_answers'] %}
    union all
    select
        persons.person_id,
        '{{ entity }}.' || checks.milestone_code as evidence_field,
        checks.milestone_check_id as evidence_id,
        checks.deal_id,
        {% if entity == 'milestones' -%}
        case when checks.milestone_status <> 'pending' then checks.milestone_status end
            as text_value,
        {%- else -%}
        checks.answer as text_value,
        {%- endif %}
        checks.occurred_at,
        checks.known_at,
        checks.replaced_at
    from checks
    inner join deals
        on checks.deal_id = deals.deal_id
    inner join persons
        on deals.source_person_id = persons.source_person_id
    {%- endfor %}

),

-- The last one that was recorded holds.
followed_statements as (

    select
        statements.*,
        lead(statements.known_at) over (
            partition by statements.person_id, statements.evidence_field
            order by
                statements.known_at, statements.occurred_at, statements.evidence_id
        ) as next_known_at
    from statements
    inner join criteria
        on statements.evidence_field = criteria.evidence_field

),

spans as (

    select
        followed_statements.person_id,
        followed_statements.evidence_field,
        followed_statements.evidence_id,
        followed_statements.text_value,
        followed_statements.occurred_at,
        greatest(
            followed_statements.known_at,
            coalesce(deal_spans.valid_from_at, followed_statements.known_at)
        ) as valid_from_at,
        nullif(
            least(
                coalesce(followed_statements.next_known_at, {{ end_of_time }}),
                coalesce(followed_statements.replaced_at, {{ end_of_time }}),
                coalesce(deal_spans.valid_to_at, {{ end_of_time }})
            ),
            {{ end_of_time }}
        ) as valid_to_at
    from followed_statements
    left join deal_spans
        on followed_statements.deal_id = deal_spans.deal_id
    where
        followed_statements.text_value is not null
        and (followed_statements.deal_id is null or deal_spans.deal_id is not null)

),

final as (

    select
        person_id,
        evidence_field,
        evidence_id,
        text_value,
        case
            when {{ matches('text_value', "'^-?[0-9]+([.][0-9]+)?$'") }}
                then cast(text_value as double)
        end as number_value,
        -- A date, or a number of days from the answer.
        case
            when {{ matches('text_value', "'^[0-9]{4}-[0-9]{2}-[0-9]{2}$'") }}
                then try_cast(text_value as date)
            when {{ matches('text_value', "'^[0-9]{1,4}$'") }}
                then
                    {{ add_days(
                        business_date('occurred_at'), 'cast(text_value as integer)'
                    ) }}
        end as target_date,
        valid_from_at,
        valid_to_at
    from spans
    where coalesce(valid_from_at < valid_to_at, true)

)

select * from final
