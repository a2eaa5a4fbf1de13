with

source as (

    select * from {{ source('raw_files', 'products') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

versions as (

    select
        *,
        {{ version_rank(['product_id']) }} as version_rank
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || product_id as product_id,
        -- strings
        product_name,
        product_family,
        -- numbers
        list_price,
        -- booleans
        coalesce(is_deleted, false) as is_deleted,
        -- dates and timestamps
        updated_at,
        -- load metadata
        source_name

    from versions
    where version_rank = 1

)

select * from renamed
