with

source as (

    select * from {{ source('raw_files', 'discovery_answers') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

versions as (

    select
        *,
        {{ version_rank(['discovery_answer_id']) }} as version_rank
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || discovery_answer_id as discovery_answer_id,
        -- foreign keys
        references_source_name || ':' || person_id as person_id,
        references_source_name || ':' || company_id as company_id,
        references_source_name || ':' || activity_id as activity_id,
        references_source_name || ':' || owner_id as owner_id,
        -- strings
        section_code,
        question_code,
        answer,
        method as answer_method,
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
