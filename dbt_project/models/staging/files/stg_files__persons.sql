with

source as (

    select * from {{ source('raw_files', 'persons') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

versions as (

    select
        *,
        {{ version_rank(['person_id']) }} as version_rank
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || person_id as person_id,
        -- foreign keys
        references_source_name || ':' || company_id as company_id,
        references_source_name || ':' || owner_id as owner_id,
        visitor_id as web_visitor_id,
        source_name || ':' || merged_into_person_id as merged_into_person_id,
        -- strings
        lower(trim(email)) as email,
        phone,
        first_name,
        last_name,
        job_title,
        job_function,
        seniority,
        lead_source,
        lifecycle_stage,
        consent_status,
        disqualified_reason,
        -- booleans
        coalesce(is_test, false) as is_test,
        recorded_at is null as is_recorded_at_inferred,
        coalesce(is_deleted, false) as is_deleted,
        -- dates and timestamps
        became_mql_at,
        disqualified_at,
        created_at,
        updated_at,
        coalesce(recorded_at, created_at) as recorded_at,
        -- load metadata
        source_name

    from versions
    where version_rank = 1

)

select * from renamed
