-- The delivered events are read three times and no common table expression is shared
-- between the reads: most events are delivered once, and ranking all of them costs
-- three times as much.
with

repeated_keys as (

    select
        event_id,
        event_date
    from {{ ref('int_web__delivered_events') }}
    where {{ is_restated('event_date', 'occurred_at') }}
    group by event_id, event_date
    having count(*) > 1

),

delivered_once as (

    select delivered_events.*
    from {{ ref('int_web__delivered_events') }} as delivered_events
    left join repeated_keys
        on
            delivered_events.event_id = repeated_keys.event_id
            and delivered_events.event_date = repeated_keys.event_date
    where
        repeated_keys.event_id is null
        and {{ is_restated('delivered_events.event_date', 'occurred_at') }}

),

delivered_again as (

    select
        delivered_events.*,
        row_number() over (
            partition by delivered_events.event_id, delivered_events.event_date
            order by
                delivered_events.occurred_at,
                delivered_events.recorded_at,
                {{ surrogate_key([
                    'visitor_id', 'event_name', 'page_url', 'referrer_url',
                    'utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'click_id',
                    'form_name', 'email', 'user_agent', 'country_code', 'device_type',
                ]) }}
        ) as delivery_number
    from {{ ref('int_web__delivered_events') }} as delivered_events
    inner join repeated_keys
        on
            delivered_events.event_id = repeated_keys.event_id
            and delivered_events.event_date = repeated_keys.event_date
    where {{ is_restated('delivered_events.event_date', 'occurred_at') }}

),

unique_events as (

    select
        event_id,
        visitor_id,
        web_visitor_id,
        event_date,
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
    from delivered_once
    union all
    select
        event_id,
        visitor_id,
        web_visitor_id,
        event_date,
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
    from delivered_again
    where delivery_number = 1

),

final as (

    select
        event_id,
        event_date,
        visitor_id,
        web_visitor_id,
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
        device_type,
        {{ period_start('month', 'event_date') }} as event_month
    from unique_events

)

select * from final
