with

web_events as (

    select * from {{ ref('int_web__events') }}

),

sessions as (

    select * from {{ ref('int_web__sessions') }}

),

contact_records as (

    select * from {{ ref('stg_files__persons') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

addresses as (

    select * from {{ ref('int_identity__addresses') }}

),

internal_domains as (

    select * from {{ ref('stg_workspace__internal_domains') }}

),

typed_addresses as (

    select distinct
        visitor_id,
        email
    from web_events
    where visitor_id is not null and email is not null

),

typed_evidence as (

    select
        typed_addresses.visitor_id,
        addresses.person_id,
        internal_domains.domain_name is not null as is_internal
    from typed_addresses
    left join addresses
        on typed_addresses.email = addresses.email
    left join internal_domains
        on split_part(typed_addresses.email, '@', 2) = internal_domains.domain_name

),

known_visitors as (

    select distinct
        visitor_id,
        web_visitor_id
    from sessions
    where visitor_id is not null

),

-- A contact record holds the cookie id without the web source that gave it.
held_evidence as (

    select
        known_visitors.visitor_id,
        persons.person_id,
        persons.is_internal
    from contact_records
    inner join persons
        on contact_records.person_id = persons.source_person_id
    inner join known_visitors
        on contact_records.web_visitor_id = known_visitors.web_visitor_id
    where not persons.is_test

),

evidence as (

    select * from typed_evidence
    union all
    select * from held_evidence

),

final as (

    select
        visitor_id,
        case
            when count(distinct person_id) = 1 then min(person_id)
        end as person_id,
        count(distinct person_id) as count_persons,
        max(case when is_internal then 1 else 0 end) = 1 as is_internal
    from evidence
    group by visitor_id

)

select * from final
