with

persons as (

    select * from {{ ref('stg_files__persons') }}

),

surviving_records as (

    select * from {{ ref('int_identity__survivors') }}

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
        persons.person_id = surviving_records.survivor_id as is_survivor,
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

-- One address a survivor, so that addresses cannot chain persons together.
survivors as (

    select
        survivor_id,
        coalesce(
            max(case when is_survivor then email end),
            min(case when not is_survivor then email end)
        ) as email,
        max(case when is_test then 1 else 0 end) = 1 as is_test
    from records
    group by survivor_id

),

-- Shared mailboxes, staff and test records identify nobody; neither does what is no
-- address.
linking_addresses as (

    select
        survivors.email,
        min(survivors.survivor_id) as person_id
    from survivors
    left join role_addresses
        on split_part(survivors.email, '@', 1) = role_addresses.local_part
    left join internal_domains
        on split_part(survivors.email, '@', 2) = internal_domains.domain_name
    where
        survivors.email like '%_@_%'
        and not survivors.is_test
        and role_addresses.local_part is null
        and internal_domains.domain_name is null
    group by survivors.email

),

final as (

    select
        records.source_person_id,
        case
            when survivors.is_test then records.survivor_id
            else coalesce(linking_addresses.person_id, records.survivor_id)
        end as person_id,
        records.email,
        records.is_role_address,
        records.is_internal,
        records.is_test,
        records.is_deleted
    from records
    inner join survivors
        on records.survivor_id = survivors.survivor_id
    left join linking_addresses
        on survivors.email = linking_addresses.email

)

select * from final
