with

daily_values as (

    select * from {{ ref('int_kpi__daily_values') }}

),

period_days as (

    select * from {{ ref('int_kpi__period_days') }}

),

first_days as (

    select
        metric_id,
        dimension_name,
        dimension_value,
        min(event_date) as first_event_date
    from daily_values
    group by metric_id, dimension_name, dimension_value

),

period_windows as (

    select
        period_kind,
        period_grain,
        period_start,
        max(date_day) as last_date
    from period_days
    group by period_kind, period_grain, period_start

),

summed as (

    select
        period_days.period_kind,
        period_days.period_grain,
        period_days.period_start,
        daily_values.metric_id,
        daily_values.dimension_name,
        daily_values.dimension_value,
        sum(daily_values.numerator) as numerator,
        sum(daily_values.denominator) as denominator,
        sum(daily_values.sum_of_squares) as sum_of_squares
    from daily_values
    inner join period_days
        on daily_values.event_date = period_days.date_day
    group by
        period_days.period_kind,
        period_days.period_grain,
        period_days.period_start,
        daily_values.metric_id,
        daily_values.dimension_name,
        daily_values.dimension_value

),

-- From its first fact on, a period without a fact has the value 0: not knowing is
-- another thing.
final as (

    select
        period_windows.period_kind,
        period_windows.period_grain,
        period_windows.period_start,
        first_days.metric_id,
        first_days.dimension_name,
        first_days.dimension_value,
        cast(coalesce(summed.numerator, 0) as decimal(18, 4)) as numerator,
        cast(coalesce(summed.denominator, 0) as decimal(18, 4)) as denominator,
        cast(coalesce(summed.sum_of_squares, 0) as decimal(38, 8)) as sum_of_squares
    from first_days
    inner join period_windows
        on
            first_days.first_event_date <= period_windows.last_date
            and (
                period_windows.period_grain <> 'day'
                or first_days.dimension_name not in {{ segment_dimensions() }}
            )
    left join summed
        on
            period_windows.period_kind = summed.period_kind
            and period_windows.period_grain = summed.period_grain
            and period_windows.period_start = summed.period_start
            and first_days.metric_id = summed.metric_id
            and first_days.dimension_name = summed.dimension_name
            and first_days.dimension_value = summed.dimension_value

)

select * from final
