{%- set stream = 'person_id, model_name, model_version, criterion_code' -%}
{%- set end_of_time = "timestamp '9999-12-31 00:00:00'" -%}
with

criteria as (

    select * from {{ ref('int_scoring__criteria') }}

),

attributes as (

    select * from {{ ref('int_scoring__attributes') }}

),

answers as (

    select * from {{ ref('int_scoring__answers') }}

),

behaviour as (

    select * from {{ ref('int_scoring__behaviour') }}

),

deadlines as (

    select * from {{ ref('int_scoring__deadlines') }}

),

statements as (

    select
        person_id,
        evidence_field,
        evidence_id,
        text_value,
        number_value,
        -- A free text is shown only as far as a band names it: it may be personal.
        {{ shown_number('number_value') }} as shown_value,
        valid_from_at,
        valid_to_at
    from answers
    union all
    select
        person_id,
        evidence_field,
        evidence_id,
        text_value,
        number_value,
        coalesce(text_value, {{ shown_number('number_value') }}) as shown_value,
        valid_from_at,
        valid_to_at
    from attributes

),

-- What time alone will change is known; until it does, the last reading holds.
readings as (

    select
        statements.person_id,
        criteria.model_name,
        criteria.model_version,
        criteria.criterion_code,
        statements.evidence_id,
        statements.text_value,
        statements.number_value,
        statements.shown_value,
        statements.valid_from_at as recorded_at,
        statements.valid_from_at,
        statements.valid_to_at
    from statements
    inner join criteria
        on statements.evidence_field = criteria.evidence_field
    where not criteria.is_target_date
    union all
    select
        {{ stream }},
        evidence_id,
        cast(null as string) as text_value,
        amount as number_value,
        {{ shown_number('amount') }} as shown_value,
        recorded_at,
        valid_from_at,
        case when valid_to_at < {{ end_of_as_of() }} then valid_to_at end as valid_to_at
    from behaviour
    where not is_to_come
    union all
    select
        {{ stream }},
        evidence_id,
        cast(null as string) as text_value,
        days_left as number_value,
        cast(target_date as string) as shown_value,
        recorded_at,
        valid_from_at,
        case when valid_to_at < {{ end_of_as_of() }} then valid_to_at end as valid_to_at
    from deadlines
    where not is_to_come

),

-- A version of the model scores the days on which it holds.
clipped as (

    select
        readings.person_id,
        readings.model_name,
        readings.model_version,
        readings.criterion_code,
        readings.evidence_id,
        readings.text_value,
        readings.number_value,
        readings.shown_value,
        readings.recorded_at,
        criteria.criterion_group,
        criteria.max_points,
        criteria.criterion_bit,
        criteria.is_behaviour,
        criteria.is_profile_model,
        greatest(readings.valid_from_at, criteria.valid_from_at) as clipped_from_at,
        nullif(
            least(
                coalesce(readings.valid_to_at, {{ end_of_time }}),
                coalesce(criteria.valid_to_at, {{ end_of_time }})
            ),
            {{ end_of_time }}
        ) as clipped_to_at
    from readings
    inner join criteria
        on
            readings.model_name = criteria.model_name
            and readings.model_version = criteria.model_version
            and readings.criterion_code = criteria.criterion_code

),

final as (

    select
        {{ stream }},
        criterion_group,
        max_points,
        criterion_bit,
        is_behaviour,
        is_profile_model,
        evidence_id,
        text_value,
        number_value,
        shown_value,
        recorded_at,
        clipped_from_at as valid_from_at,
        clipped_to_at as valid_to_at
    from clipped
    where coalesce(clipped_from_at < clipped_to_at, true)

)

select * from final
