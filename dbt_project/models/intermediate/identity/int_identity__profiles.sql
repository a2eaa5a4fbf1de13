with

contact_records as (

    select * from {{ ref('stg_files__persons') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

companies as (

    select * from {{ ref('int_identity__companies') }}

),

-- A domain of several companies is nobody's.
company_domains as (

    select
        domain_name,
        min(company_id) as company_id
    from companies
    where domain_name is not null
    group by domain_name
    having count(distinct company_id) = 1

),

-- The record that speaks for the person: alive, real, of a company, then the oldest.
records as (

    select
        persons.person_id,
        persons.source_person_id,
        coalesce(
            companies.company_id, contact_records.company_id, company_domains.company_id
        ) as company_id,
        contact_records.owner_id,
        contact_records.job_function,
        contact_records.seniority,
        contact_records.lead_source,
        contact_records.consent_status,
        persons.is_internal,
        persons.is_role_address,
        persons.is_test,
        persons.is_deleted,
        persons.quarantine_reason,
        contact_records.created_at,
        row_number() over (
            partition by persons.person_id
            order by
                case when persons.is_deleted then 1 else 0 end,
                case
                    when contact_records.merged_into_person_id is null then 0
                    else 1
                end,
                case when contact_records.company_id is null then 1 else 0 end,
                contact_records.created_at,
                persons.source_person_id
        ) as record_choice
    from persons
    inner join contact_records
        on persons.source_person_id = contact_records.person_id
    left join companies
        on contact_records.company_id = companies.source_company_id
    left join company_domains
        on split_part(persons.email, '@', 2) = company_domains.domain_name

),

summaries as (

    select
        person_id,
        min(created_at) as created_at,
        min(quarantine_reason) as quarantine_reason,
        min(case when is_deleted then 1 else 0 end) = 1 as is_deleted,
        max(case when is_test then 1 else 0 end) = 1 as is_test,
        max(case when is_internal then 1 else 0 end) = 1 as is_internal,
        -- One refusal counts for the person, whatever another system says.
        max(case when consent_status = 'denied' then 1 else 0 end) = 1 as is_denied,
        max(case when consent_status = 'granted' then 1 else 0 end) = 1 as is_granted
    from records
    group by person_id

),

final as (

    select
        records.person_id,
        records.source_person_id,
        records.company_id,
        records.owner_id,
        records.job_function,
        records.seniority,
        records.lead_source,
        case
            when summaries.is_denied then 'denied'
            when summaries.is_granted then 'granted'
            else 'unknown'
        end as consent_status,
        summaries.is_internal,
        records.is_role_address,
        case
            when summaries.is_deleted then 'deleted'
            when summaries.is_test then 'test'
            when summaries.is_internal then 'internal'
        end as not_reportable_reason,
        summaries.quarantine_reason,
        summaries.created_at
    from records
    inner join summaries
        on records.person_id = summaries.person_id
    where records.record_choice = 1

)

select * from final
