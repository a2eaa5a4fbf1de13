with

messages as (

    select * from {{ ref('int_email__messages') }}

),

sessions as (

    select * from {{ ref('int_web__sessions') }}

),

origins as (

    select * from {{ ref('int_web__origins') }}

),

email_campaigns as (

    select
        campaign_id,
        coalesce(min(campaign_name), campaign_id) as campaign_name,
        'Email' as channel_name,
        min({{ business_date('sent_at') }}) as first_seen_date
    from messages
    where campaign_id is not null
    group by campaign_id

),

-- A campaign that visits name by utm_campaign; its channel is that of most of its
-- sessions.
channel_counts as (

    select
        lower(sessions.utm_campaign) as utm_campaign,
        origins.channel_name,
        count(*) as count_sessions,
        min(sessions.session_date) as first_seen_date
    from sessions
    inner join origins
        on sessions.origin_id = origins.origin_id
    where sessions.utm_campaign is not null
    group by lower(sessions.utm_campaign), origins.channel_name

),

channel_choices as (

    select
        utm_campaign,
        channel_name,
        min(first_seen_date) over (partition by utm_campaign) as first_seen_date,
        row_number() over (
            partition by utm_campaign
            order by count_sessions desc, channel_name asc
        ) as channel_choice
    from channel_counts

),

final as (

    select
        campaign_id,
        campaign_name,
        channel_name,
        first_seen_date
    from email_campaigns
    union all
    select
        'utm:' || utm_campaign as campaign_id,
        utm_campaign as campaign_name,
        channel_name,
        first_seen_date
    from channel_choices
    where channel_choice = 1

)

select * from final
