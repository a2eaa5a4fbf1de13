with

leads as (

    select * from {{ ref('fct_leads') }}

),

qualifications as (

    select * from {{ ref('int_lifecycle__qualifications') }}

),

activities as (

    select * from {{ ref('int_lifecycle__activities') }}

),

final as (

    select
        leads.lead_cycle_id,
        leads.person_id,
        leads.company_id,
        -- Who held the contact, also when the person has another owner by now.
        coalesce(activities.owner_id, leads.owner_id) as owner_id,
        leads.owner_id as owner_id_current,
        leads.sql_at,
        {{ business_date('leads.sql_at') }} as sql_date,
        qualifications.activity_id,
        leads.mql_at,
        qualifications.is_sales_direct,
        leads.acquisition_channel_name,
        leads.acquisition_campaign_name,
        leads.acquisition_content_name,
        leads.sector,
        leads.company_size,
        leads.region_name
    from leads
    inner join qualifications
        on leads.lead_cycle_id = qualifications.lead_cycle_id
    left join activities
        on qualifications.activity_id = activities.activity_id
    where leads.sql_at is not null

)

select * from final
