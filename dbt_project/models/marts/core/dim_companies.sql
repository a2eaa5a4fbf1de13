with

company_profiles as (

    select * from {{ ref('int_identity__company_profiles') }}

),

customers as (

    select * from {{ ref('int_audiences__customers') }}

),

final as (

    select
        company_profiles.company_id,
        company_profiles.company_name,
        company_profiles.sector,
        company_profiles.country_code,
        company_profiles.region_name,
        company_profiles.count_employees,
        company_profiles.revenue_amount,
        company_profiles.owner_id,
        customers.first_order_date,
        customers.customer_id is not null as is_customer,
        company_profiles.quarantine_reason as identity_quarantine_reason,
        company_profiles.created_at
    from company_profiles
    left join customers
        on company_profiles.company_id = customers.customer_id

)

select * from final
