with

sessions as (

    select * from {{ ref('int_web__sessions') }}

),

origins as (

    select * from {{ ref('int_web__origins') }}

),

bots as (

    select * from {{ ref('int_web__bots') }}

),

visitors as (

    select * from {{ ref('int_identity__visitors') }}

),

messages as (

    select * from {{ ref('int_email__messages') }}

),

encounters as (

    select * from {{ ref('int_audiences__encounters') }}

),

activities as (

    select * from {{ ref('int_lifecycle__activities') }}

),

visits as (

    select
        visitors.person_id,
        sessions.session_id,
        sessions.started_at,
        origins.channel_name,
        sessions.utm_campaign,
        sessions.utm_content
    from sessions
    inner join visitors
        on sessions.visitor_id = visitors.visitor_id
    inner join origins
        on sessions.origin_id = origins.origin_id
    left join bots
        on sessions.user_agent = bots.user_agent
    where
        visitors.person_id is not null
        and bots.user_agent is null
        and not visitors.is_internal

),

-- The click in an e-mail and the visit that it brings are one touch.
clicked_visits as (

    select distinct visits.session_id
    from visits
    inner join messages
        on
            visits.person_id = messages.person_id
            and visits.started_at >= messages.first_clicked_at
            and visits.started_at
            < {{ add_seconds(
                'messages.first_clicked_at', var('session_gap_minutes') * 60
            ) }}
    where visits.channel_name = 'Email'

),

touches as (

    select
        visits.person_id,
        'visit' as touch_type,
        visits.session_id as touch_id,
        visits.started_at as touched_at,
        visits.channel_name,
        coalesce({{ audience_of_channel('visits.channel_name') }}, 'web_site')
            as audience_type,
        visits.utm_campaign as campaign_name,
        visits.utm_content as content_name
    from visits
    left join clicked_visits
        on visits.session_id = clicked_visits.session_id
    where clicked_visits.session_id is null
    union all
    select
        person_id,
        'email_click' as touch_type,
        message_id as touch_id,
        first_clicked_at as touched_at,
        'Email' as channel_name,
        'email' as audience_type,
        coalesce(campaign_name, campaign_id) as campaign_name,
        cast(null as string) as content_name
    from messages
    where first_clicked_at is not null
    union all
    select
        person_id,
        'encounter' as touch_type,
        encounter_id as touch_id,
        encountered_at as touched_at,
        case audience_type when 'trade_show' then 'Trade Show' else 'Shop' end
            as channel_name,
        audience_type,
        audience_name as campaign_name,
        cast(null as string) as content_name
    from encounters
    where audience_type in ('trade_show', 'footfall')
    union all
    select
        person_id,
        'inbound_activity' as touch_type,
        activity_id as touch_id,
        occurred_at as touched_at,
        case activity_type when 'shop_visit' then 'Shop' else 'Phone' end
            as channel_name,
        case activity_type when 'shop_visit' then 'footfall' else 'other' end
            as audience_type,
        cast(null as string) as campaign_name,
        cast(null as string) as content_name
    from activities
    where direction = 'inbound' and activity_type in ('shop_visit', 'call')

),

final as (

    select
        person_id,
        touch_type,
        touch_id,
        touched_at,
        channel_name,
        audience_type,
        campaign_name,
        content_name,
        channel_name <> 'Direct' as has_origin
    from touches
    where person_id is not null

)

select * from final
