with

source as (

    select * from {{ source('raw_files', 'quarantined_rows') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

renamed as (

    select
        -- strings
        entity_name,
        source_name,
        reason_code,
        column_name,
        -- The text itself may hold anything, personal data too: it stays in raw.
        md5(raw_text) as row_hash

    from source

)

select * from renamed
