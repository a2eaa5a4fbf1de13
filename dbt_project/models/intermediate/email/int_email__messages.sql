with

email_events as (

    select * from {{ ref('int_email__events') }}

),

clicks as (

    select * from {{ ref('int_email__clicks') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

addresses as (

    select * from {{ ref('int_identity__addresses') }}

),

messages as (

    select
        message_id,
        min(campaign_id) as campaign_id,
        min(campaign_name) as campaign_name,
        min(source_person_id) as source_person_id,
        min(email) as email,
        min(case when event_type = 'sent' then occurred_at end) as sent_at,
        min(case when event_type = 'delivered' then occurred_at end) as delivered_at,
        min(occurred_at) as first_occurred_at,
        count(case when event_type = 'open' then 1 end) as count_opens,
        count(case when event_type = 'click' then 1 end) as count_clicks,
        count(case when event_type = 'unsubscribe' then 1 end) as count_unsubscribes,
        count(case when event_type = 'bounce' and bounce_type = 'hard' then 1 end)
            as count_hard_bounces
    from email_events
    group by message_id

),

clicks_by_message as (

    select
        message_id,
        count(case when not is_machine then 1 end) as count_human_clicks,
        count(case when is_machine then 1 end) as count_machine_clicks,
        min(case when not is_machine then occurred_at end) as first_clicked_at
    from clicks
    group by message_id

),

final as (

    select
        messages.message_id,
        messages.campaign_id,
        messages.campaign_name,
        coalesce(persons.person_id, addresses.person_id) as person_id,
        coalesce(messages.sent_at, messages.first_occurred_at) as sent_at,
        -- Who opened or clicked was reached, although the tool lost the delivery.
        messages.delivered_at is not null
        or messages.count_opens > 0
        or messages.count_clicks > 0 as is_delivered,
        messages.count_hard_bounces > 0 as is_hard_bounce,
        messages.count_opens > 0 as is_opened,
        clicks_by_message.first_clicked_at,
        coalesce(clicks_by_message.count_human_clicks, 0) as count_human_clicks,
        coalesce(clicks_by_message.count_machine_clicks, 0) as count_machine_clicks,
        messages.count_unsubscribes > 0 as is_unsubscribed
    from messages
    left join clicks_by_message
        on messages.message_id = clicks_by_message.message_id
    left join persons
        on messages.source_person_id = persons.source_person_id
    left join addresses
        on messages.email = addresses.email

)

select * from final
