with

source as (

    select * from {{ source('raw_files', 'discovery_answers') }}
    where
        _dlt_load_id in {{ completed_load_ids() }}
        and {{ is_of_changed_record('discovery_answers', 'discovery_answer_id') }}

),

versions as (

    select
        *,
        {{ version_number(['discovery_answer_id']) }} as version_number,
        {{ version_known_at('occurred_at', 'recorded_at', ['discovery_answer_id']) }}
            as known_at
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || discovery_answer_id as discovery_answer_id,
        -- foreign keys
        references_source_name || ':' || person_id as person_id,
        references_source_name || ':' || company_id as company_id,
        -- strings
        question_code,
        answer,
        -- numbers
        version_number,
        -- booleans
        coalesce(is_deleted, false) as is_deleted,
        -- dates and timestamps
        occurred_at,
        known_at,
        min(known_at) over (
            partition by source_name, discovery_answer_id
            order by version_number
            rows between 1 following and unbounded following
        ) as replaced_at

    from versions

)

select * from renamed
