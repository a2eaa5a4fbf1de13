with

source as (

    select * from {{ source('raw_files', 'email_events') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

renamed as (

    select
        -- ids
        source_name || ':' || event_id as event_id,
        -- foreign keys
        source_name || ':' || message_id as message_id,
        source_name || ':' || campaign_id as campaign_id,
        references_source_name || ':' || person_id as person_id,
        -- strings
        campaign_name,
        lower(trim(email)) as email,
        event_type,
        link_url,
        bounce_type,
        user_agent,
        -- booleans
        recorded_at is null as is_recorded_at_inferred,
        -- dates and timestamps
        occurred_at,
        coalesce(recorded_at, occurred_at) as recorded_at,
        -- load metadata
        source_name

    from source

)

select * from renamed
