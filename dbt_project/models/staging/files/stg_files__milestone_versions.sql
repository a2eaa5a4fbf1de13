with

source as (

    select * from {{ source('raw_files', 'milestones') }}
    where
        _dlt_load_id in {{ completed_load_ids() }}
        and {{ is_of_changed_record('milestones', 'milestone_check_id') }}

),

versions as (

    select
        *,
        {{ version_number(['milestone_check_id']) }} as version_number,
        {{ version_known_at('occurred_at', 'recorded_at', ['milestone_check_id']) }}
            as known_at
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || milestone_check_id as milestone_check_id,
        -- foreign keys
        references_source_name || ':' || deal_id as deal_id,
        -- strings
        milestone_code,
        milestone_status,
        answer,
        -- numbers
        version_number,
        -- booleans
        coalesce(is_deleted, false) as is_deleted,
        -- dates and timestamps
        occurred_at,
        known_at,
        min(known_at) over (
            partition by source_name, milestone_check_id
            order by version_number
            rows between 1 following and unbounded following
        ) as replaced_at

    from versions

)

select * from renamed
