with

web_events as (

    select * from {{ ref('int_web__events') }}

),

addresses as (

    select * from {{ ref('int_identity__addresses') }}

),

visitors as (

    select * from {{ ref('int_identity__visitors') }}

),

bots as (

    select * from {{ ref('int_web__bots') }}

),

final as (

    select
        web_events.event_id,
        web_events.event_date,
        -- The address in the form speaks for itself, also on a device that several
        -- persons share.
        coalesce(
            addresses.person_id,
            case
                when web_events.email is null and not visitors.is_internal
                    then visitors.person_id
            end
        ) as person_id,
        web_events.event_name,
        web_events.form_name,
        web_events.email is not null as has_address,
        web_events.occurred_at,
        web_events.recorded_at
    from web_events
    left join addresses
        on web_events.email = addresses.email
    left join visitors
        on web_events.visitor_id = visitors.visitor_id
    left join bots
        on web_events.user_agent = bots.user_agent
    where
        web_events.event_name in ('form_submit', 'download', 'subscribe')
        and bots.user_agent is null

)

select * from final
