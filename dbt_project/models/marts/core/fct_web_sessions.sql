-- The sessions grow; who a visitor is, and what the rules make of an origin, is decided
-- anew every night for all of them.
with

sessions as (

    select * from {{ ref('int_web__sessions') }}

),

visitors as (

    select * from {{ ref('int_identity__visitors') }}

),

origins as (

    select * from {{ ref('int_web__origins') }}

),

bots as (

    select * from {{ ref('int_web__bots') }}

),

final as (

    select
        sessions.session_id,
        sessions.visitor_id,
        visitors.person_id,
        sessions.session_date,
        sessions.session_month,
        sessions.started_at,
        sessions.ended_at,
        sessions.count_events,
        sessions.count_page_views,
        sessions.count_form_submits,
        sessions.landing_page_url,
        sessions.utm_source,
        sessions.utm_medium,
        sessions.utm_campaign,
        sessions.utm_content,
        origins.channel_name,
        sessions.device_type,
        sessions.country_code,
        bots.user_agent is not null as is_bot,
        coalesce(visitors.is_internal, false) as is_internal
    from sessions
    left join visitors
        on sessions.visitor_id = visitors.visitor_id
    left join origins
        on sessions.origin_id = origins.origin_id
    left join bots
        on sessions.user_agent = bots.user_agent

)

select * from final
