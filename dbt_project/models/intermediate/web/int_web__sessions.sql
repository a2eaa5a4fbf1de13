with

web_events as (

    select
        *,
        -- Nobody may follow a visitor without consent: each of their events stands
        -- alone.
        coalesce(visitor_id, event_id) as session_owner_id
    from {{ ref('int_web__events') }}
    where {{ is_restated('event_date') }}

),

previous_events as (

    select
        *,
        lag(occurred_at) over (
            partition by session_owner_id, event_date
            order by occurred_at, event_id
        ) as previous_occurred_at
    from web_events

),

session_starts as (

    select
        *,
        coalesce(
            {{ seconds_between('previous_occurred_at', 'occurred_at') }}
            >= {{ var('session_gap_minutes') }} * 60,
            true
        ) as is_session_start
    from previous_events

),

numbered_events as (

    select
        *,
        sum(case when is_session_start then 1 else 0 end) over (
            partition by session_owner_id, event_date
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as session_number
    from session_starts

),

sessions as (

    select
        event_date as session_date,
        max(case when is_session_start then event_id end) as landing_event_id,
        max(visitor_id) as visitor_id,
        max(web_visitor_id) as web_visitor_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as count_events,
        count(case when event_name = 'page_view' then 1 end) as count_page_views,
        count(case when event_name = 'form_submit' then 1 end) as count_form_submits,
        max(case when is_session_start then page_url end) as page_url,
        max(case when is_session_start then referrer_url end) as referrer_url,
        max(case when is_session_start then utm_source end) as utm_source,
        max(case when is_session_start then utm_medium end) as utm_medium,
        max(case when is_session_start then utm_campaign end) as utm_campaign,
        max(case when is_session_start then utm_content end) as utm_content,
        max(case when is_session_start then click_id end) as click_id,
        max(case when is_session_start then user_agent end) as user_agent,
        max(case when is_session_start then device_type end) as device_type,
        max(case when is_session_start then country_code end) as country_code
    from numbered_events
    group by session_owner_id, event_date, session_number

),

sessions_with_hosts as (

    select
        *,
        case
            when page_url is not null
                then coalesce({{ url_part('page_url', 'path') }}, '/')
        end as landing_page_url,
        {{ url_part('page_url', 'host') }} as page_host,
        {{ url_part('referrer_url', 'host') }} as referring_host
    from sessions

),

sessions_with_referrers as (

    select
        *,
        -- A page of the same site is no origin: the visit went on after a pause.
        case when referring_host <> coalesce(page_host, '') then referring_host end
            as referrer_host
    from sessions_with_hosts

),

final as (

    select
        {{ surrogate_key(['landing_event_id', 'session_date']) }} as session_id,
        visitor_id,
        web_visitor_id,
        {{ surrogate_key([
            'lower(utm_source)', 'lower(utm_medium)', 'lower(utm_campaign)',
            'referrer_host', 'click_id is not null',
        ]) }} as origin_id,
        session_date,
        started_at,
        ended_at,
        count_events,
        count_page_views,
        count_form_submits,
        landing_page_url,
        referrer_host,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        click_id is not null as has_click_id,
        user_agent,
        device_type,
        country_code,
        {{ period_start('month', 'session_date') }} as session_month
    from sessions_with_referrers

)

select * from final
