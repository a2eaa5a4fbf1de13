{%- set is_hand_raise_authority = 'hand_raise' in var('mql_authority') -%}
{%- set is_lifecycle_authority = 'lifecycle' in var('mql_authority') -%}

with

profiles as (

    select * from {{ ref('int_identity__profiles') }}

),

contact_records as (

    select * from {{ ref('stg_files__persons') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

web_signals as (

    select * from {{ ref('int_lifecycle__web_signals') }}

),

messages as (

    select * from {{ ref('int_email__messages') }}

),

clicks as (

    select * from {{ ref('int_email__clicks') }}

),

activities as (

    select * from {{ ref('int_lifecycle__activities') }}

),

encounters as (

    select * from {{ ref('int_audiences__encounters') }}

),

signals as (

    -- Only the first record of a person is a signal: a second system that imports the
    -- contact is none.
    select
        person_id,
        'contact_created' as signal_type,
        person_id as signal_id,
        created_at as signal_at,
        true as is_capture,
        cast(null as string) as mql_authority
    from profiles
    union all
    -- Any form leaves contact details; a download or a subscription does where it
    -- carries an address.
    select
        person_id,
        event_name as signal_type,
        event_id as signal_id,
        occurred_at as signal_at,
        event_name = 'form_submit' or has_address as is_capture,
        case
            when
                {{ 'true' if is_hand_raise_authority else 'false' }}
                and event_name = 'form_submit'
                and form_name in {{ text_list(var('hand_raise_forms')) }}
                then 'hand_raise'
        end as mql_authority
    from web_signals
    union all
    select
        messages.person_id,
        'email_click' as signal_type,
        clicks.event_id as signal_id,
        clicks.occurred_at as signal_at,
        false as is_capture,
        cast(null as string) as mql_authority
    from clicks
    inner join messages
        on clicks.message_id = messages.message_id
    where not clicks.is_machine
    union all
    select
        person_id,
        'inbound_activity' as signal_type,
        activity_id as signal_id,
        occurred_at as signal_at,
        true as is_capture,
        cast(null as string) as mql_authority
    from activities
    where direction = 'inbound'
    union all
    -- A named account is on a list of ours: it gave no sign.
    select
        person_id,
        'encounter' as signal_type,
        encounter_id as signal_id,
        encountered_at as signal_at,
        true as is_capture,
        cast(null as string) as mql_authority
    from encounters
    where audience_type in ('trade_show', 'footfall')
    union all
    -- Who calls a contact an MQL knows it: the authority's instant captures, so that no
    -- MQL precedes its lead.
    select
        persons.person_id,
        'lifecycle_stage' as signal_type,
        persons.source_person_id as signal_id,
        contact_records.became_mql_at as signal_at,
        true as is_capture,
        'lifecycle' as mql_authority
    from contact_records
    inner join persons
        on contact_records.person_id = persons.source_person_id
    where
        {{ 'true' if is_lifecycle_authority else 'false' }}
        and contact_records.became_mql_at < {{ end_of_as_of() }}
        {% if var('mql_lifecycle_sources') -%}
        and split_part(contact_records.person_id, ':', 1)
        in {{ text_list(var('mql_lifecycle_sources')) }}
        {%- endif %}

),

first_captures as (

    select
        person_id,
        min(signal_at) as first_captured_at
    from signals
    where is_capture
    group by person_id

),

-- What a visitor did before anybody knew them opens no cycle.
final as (

    select
        signals.person_id,
        signals.signal_type,
        signals.signal_id,
        signals.signal_at,
        signals.is_capture,
        signals.mql_authority
    from signals
    inner join first_captures
        on signals.person_id = first_captures.person_id
    inner join profiles
        on signals.person_id = profiles.person_id
    where
        signals.signal_at >= first_captures.first_captured_at
        and profiles.not_reportable_reason is null

)

select * from final
