{%- set machine_seconds = 10 -%}
{%- set machine_links = 4 -%}

with

email_events as (

    select * from {{ ref('int_email__events') }}

),

bot_user_agents as (

    select * from {{ ref('stg_workspace__bot_user_agents') }}

),

-- Security scanners open what they are sent: that is no interest of the recipient.
bots as (

    select distinct email_events.user_agent
    from email_events
    inner join bot_user_agents
        on {{ matches(
            'lower(email_events.user_agent)', 'bot_user_agents.user_agent_pattern'
        ) }}
    where email_events.event_type = 'click'

),

deliveries as (

    select
        message_id,
        min(occurred_at) as delivered_at
    from email_events
    where event_type = 'delivered'
    group by message_id

),

clicks as (

    select
        event_id,
        message_id,
        coalesce(source_person_id, email, message_id) as recipient_id,
        link_url,
        occurred_at,
        recorded_at,
        user_agent,
        lead(occurred_at, {{ machine_links - 1 }}) over (
            partition by coalesce(source_person_id, email, message_id)
            order by occurred_at, event_id
        ) as nth_next_occurred_at
    from email_events
    where event_type = 'click'

),

-- Only a click that enough others follow in time can begin a burst.
candidates as (

    select distinct
        recipient_id,
        occurred_at as started_at
    from clicks
    where
        nth_next_occurred_at
        <= {{ add_seconds('occurred_at', machine_seconds) }}

),

bursts as (

    select
        candidates.recipient_id,
        candidates.started_at
    from candidates
    inner join clicks
        on
            candidates.recipient_id = clicks.recipient_id
            and candidates.started_at <= clicks.occurred_at
            and {{ add_seconds('candidates.started_at', machine_seconds) }}
            >= clicks.occurred_at
    group by candidates.recipient_id, candidates.started_at
    having count(distinct clicks.link_url) >= {{ machine_links }}

),

burst_clicks as (

    select distinct clicks.event_id
    from clicks
    inner join bursts
        on
            clicks.recipient_id = bursts.recipient_id
            and clicks.occurred_at >= bursts.started_at
            and clicks.occurred_at
            <= {{ add_seconds('bursts.started_at', machine_seconds) }}

),

final as (

    select
        clicks.event_id,
        clicks.message_id,
        clicks.occurred_at,
        clicks.recorded_at,
        coalesce(
            clicks.occurred_at
            <= {{ add_seconds('deliveries.delivered_at', machine_seconds) }},
            false
        )
        or burst_clicks.event_id is not null
        or bots.user_agent is not null as is_machine
    from clicks
    left join deliveries
        on clicks.message_id = deliveries.message_id
    left join burst_clicks
        on clicks.event_id = burst_clicks.event_id
    left join bots
        on clicks.user_agent = bots.user_agent

)

select * from final
