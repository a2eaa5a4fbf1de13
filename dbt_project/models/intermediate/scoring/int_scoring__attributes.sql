{#- Entity and column of the evidence, whether it is a number. -#}
{% set evidence = [
    ('companies', 'count_employees', true),
    ('companies', 'revenue_amount', true),
    ('companies', 'sector', false),
    ('companies', 'region_name', false),
    ('companies', 'country_code', false),
    ('persons', 'job_function', false),
    ('persons', 'seniority', false),
    ('persons', 'lead_source', false),
] %}
{%- set end_of_time = "timestamp '9999-12-31 00:00:00'" -%}
with

profiles as (

    select * from {{ ref('int_scoring__due_persons') }}

),

person_versions as (

    select * from {{ ref('stg_files__person_versions') }}
    where known_at < {{ end_of_as_of() }}

),

companies as (

    select * from {{ ref('int_identity__companies') }}

),

company_profiles as (

    select * from {{ ref('int_identity__company_profiles') }}

),

company_versions as (

    select * from {{ ref('stg_files__company_versions') }}
    where known_at < {{ end_of_as_of() }}

),

criteria as (

    select distinct evidence_field from {{ ref('int_scoring__criteria') }}

),

-- The record that speaks for the person, as it was at each time. Where it never names a
-- company, that of the address is known with the record.
persons as (

    select
        profiles.person_id,
        profiles.source_person_id as evidence_id,
        person_versions.job_function,
        person_versions.seniority,
        person_versions.lead_source,
        case
            when
                max(person_versions.company_id) over (
                    partition by profiles.person_id
                ) is null
                then profiles.company_id
            else coalesce(companies.company_id, person_versions.company_id)
        end as company_id,
        person_versions.known_at as valid_from_at,
        person_versions.replaced_at as valid_to_at
    from profiles
    inner join person_versions
        on profiles.source_person_id = person_versions.person_id
    left join companies
        on person_versions.company_id = companies.source_company_id

),

employers as (

    select
        persons.person_id,
        company_versions.company_id as evidence_id,
        company_versions.count_employees,
        company_versions.revenue_amount,
        company_versions.sector,
        company_versions.region_name,
        company_versions.country_code,
        greatest(persons.valid_from_at, company_versions.known_at) as valid_from_at,
        nullif(
            least(
                coalesce(persons.valid_to_at, {{ end_of_time }}),
                coalesce(company_versions.replaced_at, {{ end_of_time }})
            ),
            {{ end_of_time }}
        ) as valid_to_at
    from persons
    inner join company_profiles
        on persons.company_id = company_profiles.company_id
    inner join company_versions
        on company_profiles.source_company_id = company_versions.company_id

),

facts as (

    {% for entity, column, is_number in evidence %}
    select
        person_id,
        '{{ entity }}.{{ column }}' as evidence_field,
        evidence_id,
        cast({{ 'null' if is_number else column }} as string) as text_value,
        cast({{ column if is_number else 'null' }} as double) as number_value,
        valid_from_at,
        valid_to_at
    from {{ 'employers' if entity == 'companies' else 'persons' }}
    where {{ column }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select facts.*
    from facts
    inner join criteria
        on facts.evidence_field = criteria.evidence_field
    where coalesce(facts.valid_from_at < facts.valid_to_at, true)

)

select * from final
