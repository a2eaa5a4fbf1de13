with

source as (

    select * from {{ source('raw_files', 'activities') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

versions as (

    select
        *,
        {{ version_rank(['activity_id']) }} as version_rank
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || activity_id as activity_id,
        -- foreign keys
        references_source_name || ':' || person_id as person_id,
        references_source_name || ':' || company_id as company_id,
        references_source_name || ':' || deal_id as deal_id,
        references_source_name || ':' || owner_id as owner_id,
        -- strings
        activity_type,
        direction,
        outcome,
        verdict,
        refusal_reason,
        -- numbers
        duration_seconds,
        -- booleans
        recorded_at is null as is_recorded_at_inferred,
        coalesce(is_deleted, false) as is_deleted,
        -- dates and timestamps
        verdict_at,
        occurred_at,
        coalesce(recorded_at, occurred_at) as recorded_at,
        updated_at,
        -- load metadata
        source_name

    from versions
    where version_rank = 1

)

select * from renamed
