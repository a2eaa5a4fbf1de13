with

leads as (

    select * from {{ ref('fct_leads') }}

),

cycles as (

    select * from {{ ref('int_lifecycle__cycles') }}

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
        leads.mql_at,
        {{ business_date('leads.mql_at') }} as mql_date,
        cycles.mql_authority,
        qualifications.contact_state,
        qualifications.first_attempt_at,
        qualifications.first_human_contact_at,
        qualifications.refusal_reason,
        case when not qualifications.is_sales_direct then qualifications.sql_at end
            as sql_at,
        coalesce(qualifications.is_sales_direct, false) as is_sales_direct,
        case when leads.close_reason = 'disqualified' then leads.closed_at end
            as disqualified_at,
        leads.acquisition_channel_name,
        leads.acquisition_audience_type,
        leads.acquisition_campaign_name,
        leads.acquisition_content_name,
        leads.sector,
        leads.company_size,
        leads.region_name
    from leads
    inner join cycles
        on leads.lead_cycle_id = cycles.lead_cycle_id
    inner join qualifications
        on leads.lead_cycle_id = qualifications.lead_cycle_id
    where leads.mql_at is not null

)

select * from final
