with

source as (

    select * from {{ source('raw_files', 'owners') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

versions as (

    select
        *,
        {{ version_rank(['owner_id']) }} as version_rank
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || owner_id as owner_id,
        -- strings
        owner_name,
        lower(trim(owner_email)) as owner_email,
        team_name,
        region_name,
        -- booleans
        coalesce(is_active, true) as is_active,
        coalesce(is_deleted, false) as is_deleted,
        -- dates and timestamps
        updated_at,
        -- load metadata
        source_name

    from versions
    where version_rank = 1

)

select * from renamed
