{%- set stream = 'lead_cycle_id, model_name, model_version' -%}
with

scores as (

    select * from {{ ref('int_scoring__scores') }}

),

cycles as (

    select * from {{ ref('int_scoring__due_cycles') }}

),

-- The states of the person while the cycle was open.
states as (

    select
        cycles.lead_cycle_id,
        cycles.closed_at,
        scores.*,
        greatest(cycles.opened_at, scores.valid_from_at) as scored_at,
        {{ business_date('greatest(cycles.opened_at, scores.valid_from_at)') }}
            as scored_date
    from cycles
    inner join scores
        on
            cycles.person_id = scores.person_id
            and coalesce(cycles.opened_at < scores.valid_to_at, true)
            and coalesce(cycles.closed_at > scores.valid_from_at, true)

),

followed_states as (

    select
        *,
        lead(scored_date) over (
            partition by {{ stream }}
            order by scored_at
        ) as next_scored_date
    from states

),

-- A day shows the last state of the day. The day of the closing is the last one; a
-- cycle that closes at midnight was not open on the day that begins.
daily_states as (

    select
        *,
        case
            when next_scored_date is not null then next_scored_date
            when valid_to_at < closed_at
                then {{ business_date('valid_to_at') }}
            when closed_at is not null
                then
                    greatest(
                        {{ add_days('scored_date', 1) }},
                        {{ add_days(
                            business_date(add_seconds('closed_at', -1)), 1
                        ) }}
                    )
            else {{ business_date('valid_to_at') }}
        end as ended_date
    from followed_states
    where coalesce(next_scored_date > scored_date, true)

),

final as (

    select
        {{ surrogate_key([
            'lead_cycle_id', 'model_name', 'model_version', 'scored_date',
        ]) }} as lead_score_id,
        lead_cycle_id,
        person_id,
        model_name,
        model_version,
        scored_date as valid_from_date,
        ended_date as valid_to_date,
        scored_at,
        score_confirmed,
        score_potential,
        completeness,
        fit_points,
        heat_points,
        grade,
        next_best_criterion_code,
        is_contactable,
        ended_date is null as is_current,
        coalesce(
            ended_date is null
            and row_number() over (
                partition by lead_cycle_id, ended_date is null
                order by score_confirmed desc, model_name asc
            ) = 1,
            false
        ) as is_leading
    from daily_states

)

select * from final
