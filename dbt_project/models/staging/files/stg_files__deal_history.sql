with

source as (

    select * from {{ source('raw_files', 'deal_history') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

versions as (

    select
        *,
        {{ version_rank(['change_id']) }} as version_rank
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || change_id as change_id,
        -- foreign keys
        references_source_name || ':' || deal_id as deal_id,
        references_source_name || ':' || owner_id as owner_id,
        -- strings
        pipeline_name,
        stage_name,
        -- numbers
        amount,
        sequence_number,
        -- booleans
        recorded_at is null as is_recorded_at_inferred,
        -- dates and timestamps
        occurred_at,
        coalesce(recorded_at, occurred_at) as recorded_at,
        updated_at,
        -- load metadata
        source_name

    from versions
    where version_rank = 1

)

select * from renamed
