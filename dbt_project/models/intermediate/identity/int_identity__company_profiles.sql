with

company_records as (

    select * from {{ ref('stg_files__companies') }}

),

companies as (

    select * from {{ ref('int_identity__companies') }}

),

-- The survivor of a merge speaks for the company, else the oldest living record.
records as (

    select
        companies.company_id,
        companies.source_company_id,
        company_records.company_name,
        company_records.sector,
        company_records.country_code,
        company_records.region_name,
        company_records.count_employees,
        company_records.revenue_amount,
        company_records.owner_id,
        company_records.created_at,
        companies.quarantine_reason,
        row_number() over (
            partition by companies.company_id
            order by
                case
                    when companies.source_company_id = companies.company_id then 0
                    else 1
                end asc,
                case when company_records.is_deleted then 1 else 0 end asc,
                -- Engines sort a missing time to either end.
                company_records.created_at asc nulls last,
                companies.source_company_id asc
        ) as record_choice
    from companies
    inner join company_records
        on companies.source_company_id = company_records.company_id

),

final as (

    select
        company_id,
        source_company_id,
        company_name,
        sector,
        country_code,
        region_name,
        count_employees,
        revenue_amount,
        owner_id,
        created_at,
        quarantine_reason
    from records
    where record_choice = 1

)

select * from final
