with

email_events as (

    select * from {{ ref('stg_files__email_events') }}

),

final as (

    select
        event_id,
        {{ business_date('occurred_at') }} as event_date,
        message_id,
        campaign_id,
        campaign_name,
        person_id as source_person_id,
        email,
        event_type,
        occurred_at,
        recorded_at,
        link_url,
        bounce_type,
        user_agent
    from email_events
    where
        occurred_at < {{ end_of_as_of() }}
        and recorded_at < {{ end_of_as_of() }}

)

select * from final
