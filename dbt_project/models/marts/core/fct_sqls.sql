with

leads as (

    select * from {{ ref('fct_leads') }}

),

qualifications as (

    select * from {{ ref('int_lifecycle__qualifications') }}

),

final as (

    select
        leads.lead_cycle_id,
        leads.person_id,
        leads.company_id,
        leads.owner_id,
        leads.sql_at,
        {{ business_date('leads.sql_at') }} as sql_date,
        qualifications.activity_id,
        leads.mql_at,
        qualifications.is_sales_direct,
        leads.acquisition_channel_name,
        leads.region_name
    from leads
    inner join qualifications
        on leads.lead_cycle_id = qualifications.lead_cycle_id
    where leads.sql_at is not null

)

select * from final
