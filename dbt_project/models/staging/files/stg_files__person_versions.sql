with

source as (

    select * from {{ source('raw_files', 'persons') }}
    where
        _dlt_load_id in {{ completed_load_ids() }}
        and {{ is_of_changed_record('persons', 'person_id') }}

),

versions as (

    select
        *,
        {{ version_number(['person_id']) }} as version_number,
        {{ version_known_at('created_at', 'recorded_at', ['person_id']) }} as known_at
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || person_id as person_id,
        -- foreign keys
        references_source_name || ':' || company_id as company_id,
        -- strings
        job_function,
        seniority,
        lead_source,
        consent_status,
        -- numbers
        version_number,
        -- booleans
        coalesce(is_deleted, false) as is_deleted,
        -- dates and timestamps
        known_at,
        min(known_at) over (
            partition by source_name, person_id
            order by version_number
            rows between 1 following and unbounded following
        ) as replaced_at

    from versions

)

select * from renamed
