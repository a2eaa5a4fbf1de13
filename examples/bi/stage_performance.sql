-- Hard and slow points of the process, by fiscal year (R-54). Table; colour conversion and days.
select
    performance.period_start as fiscal_year,
    performance.step_type,
    coalesce(stages.label_en, performance.step_id) as step,
    performance.count_entered,
    performance.conversion_cohort_aj as conversion,
    performance.conversion_ci_low,
    performance.conversion_ci_high,
    performance.median_days_to_advance,
    performance.losses_count,
    performance.losses_rate,
    performance.order_value_lost,
    performance.days_added,
    performance.is_low_n
from marts.kpi_stage_performance as performance
left join marts.dim_stages as stages
    on performance.step_id = stages.stage_id
where performance.period_grain = 'fiscal_year'
order by
    performance.period_start,
    performance.step_type,
    coalesce(performance.stage_rank, 99),
    performance.step_id
