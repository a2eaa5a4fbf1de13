with

actions as (

    select
        *,
        action_type not in ('give_up', 'do_not_call') as is_due,
        least(coalesce(waiting_since_at, {{ end_of_as_of() }}), {{ end_of_as_of() }})
            as starts_at
    from {{ ref('int_kpi__actions') }}

),

days as (

    select
        date_day,
        opens_at,
        business_seconds,
        business_seconds_before,
        business_seconds > 0 as is_working_day,
        coalesce(
            sum(case when business_seconds > 0 then 1 else 0 end) over (
                order by date_day
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as count_working_days_before
    from {{ ref('int_lifecycle__business_days') }}

),

working_days as (

    select
        date_day,
        opens_at,
        business_seconds_before,
        business_seconds_before + business_seconds as business_seconds_until_close,
        count_working_days_before + 1 as working_day_number
    from days
    where is_working_day

),

dated as (

    select
        *,
        {{ business_date('starts_at') }} as starts_date
    from actions

),

-- Business time, or the number of a working day, at which the action is due. A day off
-- gives none of its own.
goals as (

    select
        dated.action_id,
        {{ business_seconds_at('dated.starts_at', 'days') }}
        + cast(round(dated.delay_business_hours * 3600) as bigint) as due_seconds,
        days.count_working_days_before
        + greatest(
            dated.delay_working_days + case when days.is_working_day then 1 else 0 end,
            1
        ) as due_day_number
    from dated
    inner join days
        on dated.starts_date = days.date_day
    where dated.is_due

),

-- What falls due at the end of a day is due on that day.
due as (

    select
        goals.action_id,
        coalesce(hour_days.date_day, number_days.date_day) as due_date,
        coalesce(goals.due_seconds, number_days.business_seconds_until_close)
            as due_seconds,
        case
            when goals.due_seconds is not null
                then
                    {{ add_seconds(
                        'hour_days.opens_at',
                        'goals.due_seconds - hour_days.business_seconds_before'
                    ) }}
            else
                {{ add_seconds(
                    'number_days.opens_at',
                    'number_days.business_seconds_until_close'
                    ~ ' - number_days.business_seconds_before'
                ) }}
        end as due_at
    from goals
    left join working_days as hour_days
        on
            goals.due_seconds > hour_days.business_seconds_before
            and goals.due_seconds <= hour_days.business_seconds_until_close
    left join working_days as number_days
        on goals.due_day_number = number_days.working_day_number

),

now as (

    select business_seconds_before as seconds_now
    from days
    where date_day = {{ add_days(as_of(), 1) }}

),

final as (

    select
        actions.action_id,
        actions.action_type,
        actions.owner_id,
        actions.is_due,
        actions.starts_at,
        due.due_at,
        due.due_date,
        coalesce(due.due_at < {{ end_of_as_of() }}, false) as is_overdue,
        case
            when due.due_at < {{ end_of_as_of() }}
                then greatest(now.seconds_now - due.due_seconds, 0)
            else 0
        end as overdue_business_seconds
    from actions
    left join due
        on actions.action_id = due.action_id
    cross join now

)

select * from final
