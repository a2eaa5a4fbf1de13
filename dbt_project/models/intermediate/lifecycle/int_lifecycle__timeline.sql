{%- set inactivity_seconds = var('lead_inactivity_days') * 86400 -%}

with

signals as (

    select * from {{ ref('int_lifecycle__signals') }}

),

closures as (

    select * from {{ ref('int_lifecycle__closures') }}

),

-- At one instant a signal comes before a closing: a contact that is created already
-- lost had a cycle.
moments as (

    select
        person_id,
        signal_at as moment_at,
        0 as moment_rank,
        signal_type,
        signal_id,
        mql_authority,
        cast(null as string) as close_reason
    from signals
    union all
    select
        person_id,
        closed_at as moment_at,
        case close_reason when 'won' then 1 when 'lost' then 2 else 3 end
            as moment_rank,
        cast(null as string) as signal_type,
        cast(null as string) as signal_id,
        cast(null as string) as mql_authority,
        close_reason
    from closures

),

numbered_moments as (

    select
        *,
        row_number() over (
            partition by person_id
            order by moment_at, moment_rank, signal_type, signal_id
        ) as moment_number
    from moments

),

previous_moments as (

    select
        *,
        lag(moment_at) over (
            partition by person_id
            order by moment_number
        ) as previous_moment_at,
        lag(moment_rank) over (
            partition by person_id
            order by moment_number
        ) as previous_moment_rank
    from numbered_moments

),

-- After a signal the cycle is open, so a signal opens one when nothing, a closing or
-- too long a silence precedes it.
openings as (

    select
        *,
        moment_rank = 0
        and (
            previous_moment_at is null
            or previous_moment_rank > 0
            or {{ add_seconds('previous_moment_at', inactivity_seconds) }} <= moment_at
        ) as is_opening
    from previous_moments

),

final as (

    select
        person_id,
        moment_number,
        cast(
            sum(case when is_opening then 1 else 0 end) over (
                partition by person_id
                order by moment_number
                rows between unbounded preceding and current row
            ) as bigint
        ) as cycle_number,
        moment_at,
        moment_rank = 0 as is_signal,
        signal_type,
        signal_id,
        mql_authority,
        close_reason
    from openings

)

select * from final
