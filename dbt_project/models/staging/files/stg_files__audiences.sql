with

source as (

    select * from {{ source('raw_files', 'audiences') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

versions as (

    select
        *,
        {{ version_rank(['audience_exposure_id']) }} as version_rank
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || audience_exposure_id as audience_exposure_id,
        -- foreign keys
        references_source_name || ':' || person_id as person_id,
        -- strings
        audience_type,
        audience_name,
        lower(trim(email)) as email,
        -- numbers
        count_people,
        -- booleans
        recorded_at is null as is_recorded_at_inferred,
        coalesce(is_deleted, false) as is_deleted,
        -- dates and timestamps
        exposure_date,
        updated_at,
        coalesce(recorded_at, cast(exposure_date as timestamp)) as recorded_at,
        -- load metadata
        source_name

    from versions
    where version_rank = 1

)

select * from renamed
