{%- set origin = "timestamp '2000-01-01 00:00:00'" -%}
with

web_signals as (

    select * from {{ ref('int_lifecycle__web_signals') }}
    where person_id is not null

),

clicks as (

    select * from {{ ref('int_email__clicks') }}
    where not is_machine

),

messages as (

    select * from {{ ref('int_email__messages') }}
    where person_id is not null

),

due_persons as (

    select * from {{ ref('int_scoring__due_persons') }}

),

criteria as (

    select * from {{ ref('int_scoring__criteria') }}
    where is_behaviour

),

acts as (

    select
        person_id,
        'web_events.count_actions' as evidence_field,
        event_id as evidence_id,
        occurred_at,
        recorded_at
    from web_signals
    union all
    select
        person_id,
        case event_name
            when 'form_submit' then 'web_events.count_forms'
            when 'download' then 'web_events.count_downloads'
            else 'web_events.count_subscriptions'
        end as evidence_field,
        event_id as evidence_id,
        occurred_at,
        recorded_at
    from web_signals
    union all
    select
        messages.person_id,
        'email_events.count_clicks' as evidence_field,
        clicks.event_id as evidence_id,
        clicks.occurred_at,
        clicks.recorded_at
    from clicks
    inner join messages
        on clicks.message_id = messages.message_id

),

-- An act counts from when it was known, and fades from when it happened.
final as (

    select
        acts.person_id,
        criteria.model_name,
        criteria.model_version,
        criteria.criterion_code,
        criteria.half_life_days,
        acts.evidence_id,
        greatest(acts.occurred_at, acts.recorded_at) as known_at,
        {{ days_elapsed(origin, 'acts.occurred_at') }} / criteria.half_life_days
            as half_lives,
        {{ days_elapsed(origin, 'greatest(acts.occurred_at, acts.recorded_at)') }}
        / criteria.half_life_days as known_half_lives
    from acts
    inner join due_persons
        on acts.person_id = due_persons.person_id
    inner join criteria
        on acts.evidence_field = criteria.evidence_field

)

select * from final
