with

persons as (

    select * from {{ ref('stg_files__persons') }}

),

surviving_records as (

    select * from {{ ref('int_identity__survivors') }}

),

components as (

    select * from {{ ref('int_identity__components') }}

),

role_addresses as (

    select * from {{ ref('stg_workspace__role_addresses') }}

),

internal_domains as (

    select * from {{ ref('stg_workspace__internal_domains') }}

),

records as (

    select
        persons.person_id as source_person_id,
        surviving_records.survivor_id,
        persons.email,
        persons.is_test,
        persons.is_deleted,
        role_addresses.local_part is not null as is_role_address,
        internal_domains.domain_name is not null as is_internal
    from persons
    inner join surviving_records
        on persons.person_id = surviving_records.source_person_id
    left join role_addresses
        on split_part(persons.email, '@', 1) = role_addresses.local_part
    left join internal_domains
        on split_part(persons.email, '@', 2) = internal_domains.domain_name

),

final as (

    select
        records.source_person_id,
        case
            when components.quarantine_reason is null
                then coalesce(components.component_id, records.survivor_id)
            else records.survivor_id
        end as person_id,
        records.email,
        records.is_role_address,
        records.is_internal,
        records.is_test,
        records.is_deleted,
        components.quarantine_reason
    from records
    left join components
        on records.survivor_id = components.survivor_id

)

select * from final
