with

source as (

    select * from {{ source('raw_files', 'recommendations') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

versions as (

    select
        *,
        {{ version_rank(['recommendation_id']) }} as version_rank
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || recommendation_id as recommendation_id,
        -- foreign keys
        references_source_name || ':' || person_id as person_id,
        references_source_name || ':' || company_id as company_id,
        -- strings
        network_name,
        -- numbers
        count_recommendations,
        -- booleans
        recorded_at is null as is_recorded_at_inferred,
        coalesce(is_deleted, false) as is_deleted,
        -- dates and timestamps
        occurred_at,
        updated_at,
        coalesce(recorded_at, occurred_at) as recorded_at,
        -- load metadata
        source_name

    from versions
    where version_rank = 1

)

select * from renamed
