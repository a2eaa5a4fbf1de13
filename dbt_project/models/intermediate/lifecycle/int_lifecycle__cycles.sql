{%- set inactivity_seconds = var('lead_inactivity_days') * 86400 -%}

with

timeline as (

    select * from {{ ref('int_lifecycle__timeline') }}

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

final as (

    select
        person_id || '#' || cast(cycle_number as string) as lead_cycle_id,
        person_id,
        cycle_number,
        opened_at,
        last_signal_at,
        case
            when is_closed_by_fact then fact_closed_at
            when timed_out_at < {{ end_of_as_of() }} then timed_out_at
        end as closed_at,
        case
            when is_closed_by_fact then fact_close_reason
            when timed_out_at < {{ end_of_as_of() }} then 'inactive'
        end as close_reason,
        mql_at,
        mql_authority
    from closed_cycles

)

select * from final
