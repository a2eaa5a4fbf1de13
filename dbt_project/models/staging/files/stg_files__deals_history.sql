with

source as (

    select * from {{ source('raw_files', 'deals_history') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

renamed as (

    select
        -- ids
        source_name || ':' || deal_id as deal_id,
        -- strings
        pipeline_name,
        stage_name,
        -- numbers
        amount,
        -- booleans
        is_delivered,
        -- dates and timestamps
        snapshot_date,
        created_at,
        closed_at,
        source_file_modified_at as recorded_at,
        -- load metadata
        source_name

    from source

)

select * from renamed
