with

source as (

    select * from {{ source('raw_files', 'orders') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

versions as (

    select
        *,
        {{ version_rank(['order_id']) }} as version_rank
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || order_id as order_id,
        -- foreign keys
        references_source_name || ':' || deal_id as deal_id,
        references_source_name || ':' || person_id as person_id,
        references_source_name || ':' || company_id as company_id,
        references_source_name || ':' || owner_id as owner_id,
        -- strings
        order_number,
        order_status,
        currency_code,
        -- numbers
        amount,
        -- booleans
        recorded_at is null as is_recorded_at_inferred,
        coalesce(is_deleted, false) as is_deleted,
        -- dates and timestamps
        ordered_at,
        cancelled_at,
        updated_at,
        coalesce(recorded_at, ordered_at) as recorded_at,
        -- load metadata
        source_name

    from versions
    where version_rank = 1

)

select * from renamed
