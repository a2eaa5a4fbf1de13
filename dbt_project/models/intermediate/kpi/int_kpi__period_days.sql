with

dates as (

    select * from {{ ref('dim_dates') }}

),

periods as (

    select * from {{ ref('int_kpi__periods') }}

),

as_of_day as (

    select is_working_day as is_as_of_working_day
    from dates
    where date_day = {{ as_of() }}

),

actual as (

    select
        'actual' as period_kind,
        periods.period_grain,
        periods.period_start,
        dates.date_day
    from periods
    inner join dates
        on
            periods.period_start <= dates.date_day
            and periods.last_date >= dates.date_day
    where dates.date_day <= {{ as_of() }}

),

running as (

    select
        running_periods.period_grain,
        running_periods.period_start,
        running_periods.count_working_days_elapsed,
        dates.date_day,
        dates.is_working_day,
        sum(case when dates.is_working_day then 1 else 0 end) over (
            partition by running_periods.period_grain
            order by dates.date_day
            rows between unbounded preceding and current row
        ) as working_day_number
    from periods as running_periods
    inner join periods as previous_periods
        on
            running_periods.period_grain = previous_periods.period_grain
            and running_periods.previous_period_start = previous_periods.period_start
    inner join dates
        on
            previous_periods.period_start <= dates.date_day
            and previous_periods.last_date >= dates.date_day
    where not running_periods.is_complete

),

-- The days of the period before that hold as many working days as have elapsed of the
-- running one. Days off after the last of them belong to it only where the running one
-- has its own.
elapsed as (

    select
        'elapsed' as period_kind,
        running.period_grain,
        running.period_start,
        running.date_day
    from running
    cross join as_of_day
    where
        running.working_day_number < running.count_working_days_elapsed
        or (
            running.working_day_number = running.count_working_days_elapsed
            and (running.is_working_day or not as_of_day.is_as_of_working_day)
        )

),

final as (

    select * from actual
    union all
    select * from elapsed

)

select * from final
