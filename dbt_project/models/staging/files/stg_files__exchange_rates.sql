with

source as (

    select * from {{ source('raw_files', 'exchange_rates') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

versions as (

    select
        *,
        {{ version_rank(['currency_code', 'rate_date']) }} as version_rank
    from source

),

renamed as (

    select
        -- strings
        currency_code,
        -- numbers
        rate_to_base,
        -- dates and timestamps
        rate_date,
        updated_at,
        -- load metadata
        source_name

    from versions
    where version_rank = 1

)

select * from renamed
