with

cycles as (

    select * from {{ ref('int_lifecycle__cycles') }}

),

qualifications as (

    select * from {{ ref('int_lifecycle__qualifications') }}

),

acquisitions as (

    select * from {{ ref('int_lifecycle__acquisitions') }}

),

profiles as (

    select * from {{ ref('int_identity__profiles') }}

),

companies as (

    select * from {{ ref('int_identity__company_profiles') }}

),

owners as (

    select * from {{ ref('int_identity__owners') }}

),

final as (

    select
        cycles.lead_cycle_id,
        cycles.person_id,
        profiles.company_id,
        profiles.owner_id,
        cycles.cycle_number,
        cycles.cycle_number > 1 as is_recycled,
        cycles.opened_at,
        {{ business_date('cycles.opened_at') }} as opened_date,
        cycles.closed_at,
        cycles.close_reason,
        acquisitions.acquisition_channel_name,
        acquisitions.acquisition_audience_type,
        acquisitions.acquisition_campaign_name,
        acquisitions.acquisition_content_name,
        coalesce(companies.region_name, owners.region_name) as region_name,
        companies.sector,
        {{ company_size('companies.count_employees') }} as company_size,
        cycles.mql_at,
        qualifications.sql_at
    from cycles
    inner join qualifications
        on cycles.lead_cycle_id = qualifications.lead_cycle_id
    inner join acquisitions
        on cycles.lead_cycle_id = acquisitions.lead_cycle_id
    inner join profiles
        on cycles.person_id = profiles.person_id
    left join companies
        on profiles.company_id = companies.company_id
    left join owners
        on profiles.owner_id = owners.owner_id

)

select * from final
