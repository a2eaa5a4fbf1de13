with

messages as (

    select * from {{ ref('int_email__messages') }}

),

final as (

    select
        message_id as email_send_id,
        campaign_id,
        person_id,
        sent_at,
        {{ business_date('sent_at') }} as sent_date,
        is_delivered,
        is_hard_bounce,
        is_opened,
        count_human_clicks > 0 as is_clicked,
        first_clicked_at,
        count_human_clicks,
        count_machine_clicks,
        is_unsubscribed
    from messages

)

select * from final
