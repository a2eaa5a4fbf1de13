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

touches as (

    select
        visitors.person_id,
        sessions.session_id as touch_id,
        sessions.started_at as touched_at,
        origins.channel_name,
        case origins.channel_name
            when 'Email' then 'email'
            when 'Trade Show' then 'trade_show'
            else 'web_site'
        end as audience_type,
        sessions.utm_campaign as campaign_name
    from sessions
    inner join visitors
        on sessions.visitor_id = visitors.visitor_id
    inner join origins
        on sessions.origin_id = origins.origin_id
    left join bots
        on sessions.user_agent = bots.user_agent
    where bots.user_agent is null and not visitors.is_internal
    union all
    select
        person_id,
        message_id as touch_id,
        first_clicked_at as touched_at,
        'Email' as channel_name,
        'email' as audience_type,
        campaign_name
    from messages
    where first_clicked_at is not null
    union all
    select
        person_id,
        encounter_id as touch_id,
        encountered_at as touched_at,
        case audience_type when 'trade_show' then 'Trade Show' else 'Shop' end
            as channel_name,
        audience_type,
        audience_name as campaign_name
    from encounters
    where audience_type in ('trade_show', 'footfall')
    union all
    select
        person_id,
        activity_id as touch_id,
        occurred_at as touched_at,
        case activity_type when 'shop_visit' then 'Shop' else 'Phone' end
            as channel_name,
        case activity_type when 'shop_visit' then 'footfall' else 'other' end
            as audience_type,
        cast(null as string) as campaign_name
    from activities
    where direction = 'inbound' and activity_type in ('shop_visit', 'call')

),

final as (

    select
        person_id,
        touch_id,
        touched_at,
        channel_name,
        audience_type,
        campaign_name,
        channel_name <> 'Direct' as has_origin
    from touches
    where person_id is not null

)

select * from final
