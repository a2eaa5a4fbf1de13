with

source as (

    select * from {{ source('raw_files', 'order_lines') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

versions as (

    select
        *,
        {{ version_rank(['order_line_id']) }} as version_rank
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || order_line_id as order_line_id,
        -- foreign keys
        source_name || ':' || order_id as order_id,
        references_source_name || ':' || product_id as product_id,
        -- numbers
        quantity,
        unit_price,
        amount,
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
