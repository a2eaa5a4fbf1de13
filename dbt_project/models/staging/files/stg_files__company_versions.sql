with

source as (

    select * from {{ source('raw_files', 'companies') }}
    where
        _dlt_load_id in {{ completed_load_ids() }}
        and {{ is_of_changed_record('companies', 'company_id') }}

),

versions as (

    select
        *,
        {{ version_number(['company_id']) }} as version_number,
        {{ version_known_at('created_at', 'created_at', ['company_id']) }} as known_at
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || company_id as company_id,
        -- strings
        sector,
        country_code,
        region_name,
        -- numbers
        count_employees,
        revenue_amount,
        version_number,
        -- booleans
        coalesce(is_deleted, false) as is_deleted,
        -- dates and timestamps
        known_at,
        min(known_at) over (
            partition by source_name, company_id
            order by version_number
            rows between 1 following and unbounded following
        ) as replaced_at

    from versions

)

select * from renamed
