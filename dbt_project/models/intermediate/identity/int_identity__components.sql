{%- set count_rounds = 6 -%}

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
        surviving_records.survivor_id,
        persons.email,
        max(case when persons.is_test then 1 else 0 end) over (
            partition by surviving_records.survivor_id
        ) = 1 as is_test
    from persons
    inner join surviving_records
        on persons.person_id = surviving_records.source_person_id

),

-- Shared mailboxes, staff and test records identify nobody; neither does what is no
-- address.
links as (

    select
        records.survivor_id,
        records.email,
        records.survivor_id as component_id,
        count(*) as count_records
    from records
    left join role_addresses
        on split_part(records.email, '@', 1) = role_addresses.local_part
    left join internal_domains
        on split_part(records.email, '@', 2) = internal_domains.domain_name
    where
        records.email like '%_@_%'
        and not records.is_test
        and role_addresses.local_part is null
        and internal_domains.domain_name is null
    group by records.survivor_id, records.email

),

-- Each round carries the smallest id over one address more.
{%- for number in range(1, count_rounds + 1) %}

by_address_{{ number }} as (

    select
        survivor_id,
        email,
        count_records,
        min(component_id) over (partition by email) as component_id
    from {{ 'links' if number == 1 else 'by_survivor_' ~ (number - 1) }}

),

by_survivor_{{ number }} as (

    select
        survivor_id,
        email,
        count_records,
        min(component_id) over (partition by survivor_id) as component_id
    from by_address_{{ number }}

),
{%- endfor %}

checked_links as (

    select
        *,
        min(component_id) over (partition by email)
        < max(component_id) over (partition by email) as is_cut
    from by_survivor_{{ count_rounds }}

),

sizes as (

    select
        component_id,
        count(distinct survivor_id) as count_survivors,
        sum(count_records) as count_records,
        max(case when is_cut then 1 else 0 end) = 1 as is_cut
    from checked_links
    group by component_id

),

survivors as (

    select distinct
        survivor_id,
        component_id
    from checked_links

),

final as (

    select
        survivors.survivor_id,
        survivors.component_id,
        case
            when sizes.is_cut then 'chain_too_long'
            when
                sizes.count_survivors > 1
                and sizes.count_records > {{ var('identity_max_records') }}
                then 'oversized'
        end as quarantine_reason
    from survivors
    inner join sizes
        on survivors.component_id = sizes.component_id

)

select * from final
