{%- set inactivity_seconds = var('lead_inactivity_days') * 86400 -%}
{%- set is_score_authority = 'score' in var('mql_authority') -%}

with

timeline as (

    select * from {{ ref('int_lifecycle__timeline') }}

),

scores as (

    select * from {{ ref('int_scoring__scores') }}
    where {{ 'is_mql_ready' if is_score_authority else 'false' }}

),

cycles as (

    select
        person_id,
        cycle_number,
        min(case when is_signal then moment_at end) as opened_at,
        max(case when is_signal then moment_at end) as last_signal_at,
        min(case when not is_signal then moment_number end) as closing_number,
        min(case when mql_authority is not null then moment_number end) as mql_number
    from timeline
    where cycle_number > 0
    group by person_id, cycle_number

),

cycles_with_timeout as (

    select
        *,
        {{ add_seconds('last_signal_at', inactivity_seconds) }} as timed_out_at
    from cycles

),

closed_cycles as (

    select
        cycles_with_timeout.*,
        mql_moments.moment_at as mql_at,
        mql_moments.mql_authority,
        -- A deal that closes after the silence closed the cycle changes nothing.
        closings.moment_at <= cycles_with_timeout.timed_out_at as is_closed_by_fact,
        closings.moment_at as fact_closed_at,
        closings.close_reason as fact_close_reason
    from cycles_with_timeout
    left join timeline as closings
        on
            cycles_with_timeout.person_id = closings.person_id
            and cycles_with_timeout.closing_number = closings.moment_number
    left join timeline as mql_moments
        on
            cycles_with_timeout.person_id = mql_moments.person_id
            and cycles_with_timeout.mql_number = mql_moments.moment_number

),

ended_cycles as (

    select
        *,
        case
            when is_closed_by_fact then fact_closed_at
            when timed_out_at < {{ end_of_as_of() }} then timed_out_at
        end as closed_at,
        case
            when is_closed_by_fact then fact_close_reason
            when timed_out_at < {{ end_of_as_of() }} then 'inactive'
        end as close_reason
    from closed_cycles

),

-- The first instant of the cycle at which the score was high enough.
score_mqls as (

    select
        ended_cycles.person_id,
        ended_cycles.cycle_number,
        min(greatest(ended_cycles.opened_at, scores.valid_from_at)) as ready_at
    from ended_cycles
    inner join scores
        on
            ended_cycles.person_id = scores.person_id
            and coalesce(ended_cycles.opened_at < scores.valid_to_at, true)
            and coalesce(ended_cycles.closed_at > scores.valid_from_at, true)
    group by ended_cycles.person_id, ended_cycles.cycle_number

),

final as (

    select
        ended_cycles.person_id
        || '#'
        || cast(ended_cycles.cycle_number as string) as lead_cycle_id,
        ended_cycles.person_id,
        ended_cycles.cycle_number,
        ended_cycles.opened_at,
        ended_cycles.last_signal_at,
        ended_cycles.closed_at,
        ended_cycles.close_reason,
        case
            when score_mqls.ready_at < ended_cycles.mql_at then score_mqls.ready_at
            else coalesce(ended_cycles.mql_at, score_mqls.ready_at)
        end as mql_at,
        case
            when score_mqls.ready_at < ended_cycles.mql_at then 'score'
            when ended_cycles.mql_at is not null then ended_cycles.mql_authority
            when score_mqls.ready_at is not null then 'score'
        end as mql_authority
    from ended_cycles
    left join score_mqls
        on
            ended_cycles.person_id = score_mqls.person_id
            and ended_cycles.cycle_number = score_mqls.cycle_number

)

select * from final
