{#- A part of what a person is scored from: rows of one kind, each as one number. -#}
{%- set parts = [
    'records', 'refusals', 'employments', 'person_answers', 'company_answers',
    'person_deals', 'person_signals', 'person_clicks',
] -%}
with

profiles as (

    select * from {{ ref('int_identity__profiles') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

companies as (

    select * from {{ ref('int_identity__companies') }}

),

company_profiles as (

    select * from {{ ref('int_identity__company_profiles') }}

),

person_versions as (

    select * from {{ ref('stg_files__person_versions') }}
    where known_at < {{ end_of_as_of() }}

),

company_versions as (

    select * from {{ ref('stg_files__company_versions') }}
    where known_at < {{ end_of_as_of() }}

),

answers as (

    select
        *,
        {{ fingerprint([
            'discovery_answer_id', 'question_code', 'answer', 'occurred_at', 'known_at',
            'replaced_at',
        ]) }} as fingerprint
    from {{ ref('stg_files__discovery_answer_versions') }}
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

deal_spans as (

    select * from {{ ref('int_scoring__deal_spans') }}
    where stage_type = 'open'

),

web_signals as (

    select * from {{ ref('int_lifecycle__web_signals') }}
    where person_id is not null

),

clicks as (

    select * from {{ ref('int_email__clicks') }}
    where not is_machine

),

messages as (

    select * from {{ ref('int_email__messages') }}
    where person_id is not null

),

criteria as (

    select * from {{ ref('int_scoring__criteria') }}

),

scored_persons as (

    select * from {{ scored_persons() }}

),

-- Which versions of the models hold on the day.
models as (

    select
        sum({{ fingerprint([
            'model_name', 'model_version', 'criterion_code', 'valid_from_date',
            'valid_to_date', 'valid_to_at < ' ~ end_of_as_of(), 'is_profile_model',
        ]) }}) as fingerprint
    from criteria

),

profile_versions as (

    select
        profiles.person_id,
        profiles.source_person_id,
        person_versions.job_function,
        person_versions.seniority,
        person_versions.lead_source,
        person_versions.known_at,
        person_versions.replaced_at,
        coalesce(companies.company_id, person_versions.company_id) as company_id
    from profiles
    inner join person_versions
        on profiles.source_person_id = person_versions.person_id
    left join companies
        on person_versions.company_id = companies.source_company_id

),

records as (

    select
        person_id,
        {{ fingerprint([
            "'records'", 'source_person_id', 'job_function', 'seniority', 'lead_source',
            'known_at', 'replaced_at', 'company_id',
        ]) }} as fingerprint
    from profile_versions

),

refusals as (

    select
        persons.person_id,
        {{ fingerprint([
            "'refusals'", 'person_versions.known_at', 'person_versions.replaced_at',
        ]) }} as fingerprint
    from person_versions
    inner join persons
        on person_versions.person_id = persons.source_person_id
    where person_versions.consent_status = 'denied'

),

company_fingerprints as (

    select
        company_profiles.company_id,
        sum({{ fingerprint([
            'company_versions.company_id', 'company_versions.count_employees',
            'company_versions.revenue_amount', 'company_versions.sector',
            'company_versions.region_name', 'company_versions.country_code',
            'company_versions.known_at', 'company_versions.replaced_at',
        ]) }}) as fingerprint
    from company_profiles
    inner join company_versions
        on company_profiles.source_company_id = company_versions.company_id
    group by company_profiles.company_id

),

employers as (

    select
        person_id,
        company_id
    from profiles
    union
    select
        person_id,
        company_id
    from profile_versions

),

employments as (

    select
        employers.person_id,
        company_fingerprints.fingerprint
    from employers
    inner join company_fingerprints
        on employers.company_id = company_fingerprints.company_id

),

person_answers as (

    select
        persons.person_id,
        answers.fingerprint
    from answers
    inner join persons
        on answers.person_id = persons.source_person_id

),

company_answers as (

    select
        profiles.person_id,
        answers.fingerprint
    from answers
    inner join companies
        on answers.company_id = companies.source_company_id
    inner join profiles
        on companies.company_id = profiles.company_id
    where answers.person_id is null

),

deal_facts as (

    select
        deal_id,
        {{ fingerprint([
            'milestone_check_id', 'milestone_code', 'milestone_status', 'answer',
            'occurred_at', 'known_at', 'replaced_at',
        ]) }} as fingerprint
    from checks
    union all
    select
        deal_id,
        {{ fingerprint(["'spans'", 'valid_from_at', 'valid_to_at']) }} as fingerprint
    from deal_spans

),

person_deals as (

    select
        persons.person_id,
        deal_facts.fingerprint
    from deal_facts
    inner join deals
        on deal_facts.deal_id = deals.deal_id
    inner join persons
        on deals.source_person_id = persons.source_person_id

),

person_signals as (

    select
        person_id,
        {{ fingerprint([
            "'signals'", 'event_id', 'event_name', 'occurred_at', 'recorded_at',
        ]) }} as fingerprint
    from web_signals

),

person_clicks as (

    select
        messages.person_id,
        {{ fingerprint([
            "'clicks'", 'clicks.event_id', 'clicks.occurred_at', 'clicks.recorded_at',
        ]) }} as fingerprint
    from clicks
    inner join messages
        on clicks.message_id = messages.message_id

),

unioned as (

    {% for part in parts %}
    select
        person_id,
        fingerprint
    from {{ part }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

summed as (

    select
        person_id,
        sum(fingerprint) as fingerprint
    from unioned
    group by person_id

),

fingerprinted as (

    select
        profiles.person_id,
        profiles.source_person_id,
        profiles.company_id,
        {{ fingerprint([
            'profiles.source_person_id', 'profiles.company_id', 'summed.fingerprint',
            'models.fingerprint',
        ]) }} as input_fingerprint
    from profiles
    cross join models
    left join summed
        on profiles.person_id = summed.person_id

),

final as (

    select fingerprinted.*
    from fingerprinted
    left join scored_persons
        on fingerprinted.person_id = scored_persons.person_id
    where
        coalesce(
            fingerprinted.input_fingerprint <> scored_persons.input_fingerprint, true
        )
        or scored_persons.next_change_at < {{ end_of_as_of() }}

)

select * from final
