with

actions as (

    select
        coalesce(owner_id, 'unassigned') as owner_id,
        case when is_overdue then 1 else 0 end as is_overdue
    from {{ ref('int_kpi__action_dates') }}
    where is_due

),

-- The list is that of the build's day: it ends the periods that run until then.
periods as (

    select
        period_kind,
        period_grain,
        period_start
    from {{ ref('int_kpi__period_days') }}
    where period_kind = 'actual' and date_day = {{ as_of() }}

),

counted as (

    select
        'total' as dimension_name,
        'all' as dimension_value,
        count(*) as count_actions,
        coalesce(sum(is_overdue), 0) as count_overdue
    from actions
    union all
    select
        'owner' as dimension_name,
        owner_id as dimension_value,
        count(*) as count_actions,
        sum(is_overdue) as count_overdue
    from actions
    group by owner_id

),

metrics as (

    select
        'next_actions_count' as metric_id,
        dimension_name,
        dimension_value,
        count_actions as numerator,
        cast(null as bigint) as denominator,
        count_actions as count_observed
    from counted
    union all
    select
        'next_actions_overdue' as metric_id,
        dimension_name,
        dimension_value,
        count_overdue as numerator,
        cast(null as bigint) as denominator,
        count_overdue as count_observed
    from counted
    union all
    select
        'next_actions_overdue_rate' as metric_id,
        dimension_name,
        dimension_value,
        count_overdue as numerator,
        count_actions as denominator,
        count_actions as count_observed
    from counted

),

final as (

    select
        periods.period_kind,
        periods.period_grain,
        periods.period_start,
        metrics.metric_id,
        metrics.dimension_name,
        metrics.dimension_value,
        'period' as basis,
        cast(0 as bigint) as window_days,
        cast(metrics.numerator as decimal(18, 4)) as numerator,
        cast(metrics.denominator as decimal(18, 4)) as denominator,
        case
            when metrics.denominator is null then cast(metrics.numerator as double)
            else {{ ratio('metrics.numerator', 'metrics.denominator') }}
        end as value,
        case
            when metrics.denominator is null then cast(metrics.numerator as double)
        end as value_variance,
        case when metrics.denominator > 0 then cast(metrics.denominator as double) end
            as count_effective_trials,
        cast(metrics.count_observed as decimal(18, 4)) as count_observed
    from periods
    inner join metrics
        on
            periods.period_grain <> 'day'
            or metrics.dimension_name not in {{ segment_dimensions() }}

)

select * from final
