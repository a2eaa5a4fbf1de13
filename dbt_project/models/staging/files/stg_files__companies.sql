with

source as (

    select * from {{ source('raw_files', 'companies') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

versions as (

    select
        *,
        {{ version_rank(['company_id']) }} as version_rank
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || company_id as company_id,
        -- foreign keys
        references_source_name || ':' || owner_id as owner_id,
        source_name || ':' || merged_into_company_id as merged_into_company_id,
        -- strings
        company_name,
        domain,
        siren,
        vat_number,
        sector,
        country_code,
        region_name,
        postal_code,
        -- numbers
        count_employees,
        revenue_amount,
        -- booleans
        coalesce(is_deleted, false) as is_deleted,
        -- dates and timestamps
        created_at,
        updated_at,
        -- load metadata
        source_name

    from versions
    where version_rank = 1

)

select * from renamed
