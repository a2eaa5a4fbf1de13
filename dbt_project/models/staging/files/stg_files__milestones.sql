with

source as (

    select * from {{ source('raw_files', 'milestones') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

versions as (

    select
        *,
        {{ version_rank(['milestone_check_id']) }} as version_rank
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || milestone_check_id as milestone_check_id,
        -- foreign keys
        references_source_name || ':' || deal_id as deal_id,
        references_source_name || ':' || owner_id as owner_id,
        -- strings
        milestone_code,
        milestone_status,
        answer,
        -- booleans
        recorded_at is null as is_recorded_at_inferred,
        coalesce(is_deleted, false) as is_deleted,
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
