with

period_days as (

    select * from {{ ref('int_kpi__period_days') }}

),

visits as (

    select
        fct_stage_visits.stage_id,
        fct_stage_visits.entered_at,
        fct_stage_visits.entered_date,
        fct_stage_visits.duration_seconds,
        {{ business_date('fct_stage_visits.exited_at') }} as exited_date,
        coalesce(fct_deals.owner_id, 'unassigned') as owner_id
    from {{ ref('fct_stage_visits') }} as fct_stage_visits
    inner join {{ ref('fct_deals') }} as fct_deals
        on fct_stage_visits.deal_id = fct_deals.deal_id
    where fct_deals.is_reportable and fct_stage_visits.entered_at is not null

),

period_ends as (

    select
        period_kind,
        period_grain,
        period_start,
        max(date_day) as end_date
    from period_days
    where period_grain in ('month', 'quarter', 'fiscal_year')
    group by period_kind, period_grain, period_start

),

-- The ends of a month, a quarter and a year are often one day.
end_days as (

    select distinct
        end_date,
        {{ start_of_day(add_days('end_date', 1)) }} as ended_at
    from period_ends

),

-- As it was at that day: what was open then, against the visits that had ended by then.
visits_by_then as (

    select
        end_days.end_date,
        visits.stage_id,
        visits.owner_id,
        coalesce(visits.exited_date <= end_days.end_date, false) as has_exited,
        visits.duration_seconds,
        {{ seconds_between('visits.entered_at', 'end_days.ended_at') }} as open_seconds
    from end_days
    inner join visits
        on end_days.end_date >= visits.entered_date

),

limits_by_then as (

    select
        end_date,
        stage_id,
        case
            when count(duration_seconds) >= 30
                then round({{ percentile('duration_seconds', 0.95) }}, 3)
        end as stalled_after_seconds
    from visits_by_then
    where has_exited
    group by end_date, stage_id

),

stalled as (

    select
        visits_by_then.end_date,
        visits_by_then.stage_id,
        visits_by_then.owner_id,
        case
            when
                not visits_by_then.has_exited
                and visits_by_then.open_seconds > limits_by_then.stalled_after_seconds
                then 1
            else 0
        end as is_stalled
    from visits_by_then
    left join limits_by_then
        on
            visits_by_then.end_date = limits_by_then.end_date
            and visits_by_then.stage_id = limits_by_then.stage_id

),

counted as (

    {% for name, expression in [
        ('total', "'all'"), ('stage', 'stage_id'), ('owner', 'owner_id'),
    ] %}
    select
        end_date,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        sum(is_stalled) as count_stalled
    from stalled
    group by end_date, {{ expression }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        period_ends.period_kind,
        period_ends.period_grain,
        period_ends.period_start,
        'stalled_deals' as metric_id,
        counted.dimension_name,
        counted.dimension_value,
        'period' as basis,
        cast(0 as bigint) as window_days,
        cast(counted.count_stalled as decimal(18, 4)) as numerator,
        cast(null as decimal(18, 4)) as denominator,
        cast(counted.count_stalled as double) as value,
        cast(counted.count_stalled as double) as value_variance,
        cast(null as double) as count_effective_trials,
        cast(counted.count_stalled as decimal(18, 4)) as count_observed
    from period_ends
    inner join counted
        on period_ends.end_date = counted.end_date

)

select * from final
