with

web_events as (

    select * from {{ ref('stg_files__web_events') }}

),

final as (

    select
        event_id,
        -- Without consent nobody is followed, even where the tool sent an id.
        case when consent_status = 'denied' then null else visitor_id end
            as visitor_id,
        case when consent_status = 'denied' then null else web_visitor_id end
            as web_visitor_id,
        {{ business_date('occurred_at') }} as event_date,
        occurred_at,
        recorded_at,
        event_name,
        page_url,
        referrer_url,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        click_id,
        form_name,
        email,
        user_agent,
        country_code,
        device_type
    from web_events
    where
        occurred_at < {{ end_of_as_of() }}
        and recorded_at < {{ end_of_as_of() }}

)

select * from final
