with

source as (

    select * from {{ source('raw_files', 'web_events') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

renamed as (

    select
        -- ids
        source_name || ':' || event_id as event_id,
        -- foreign keys
        source_name || ':' || visitor_id as visitor_id,
        visitor_id as web_visitor_id,
        -- strings
        event_name,
        page_url,
        referrer_url,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        click_id,
        form_name,
        lower(trim(email)) as email,
        consent_status,
        user_agent,
        country_code,
        device_type,
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
