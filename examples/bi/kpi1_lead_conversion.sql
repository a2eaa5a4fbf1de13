-- KPI 1, MQL / target, by audience and quarter (R-48). An identified audience is a cohort with an interval; one that is
-- only counted, such as the footfall of a shop, is a plain ratio: basis says which.
select
    period_start as quarter,
    dimension_value as audience,
    basis,
    window_days,
    denominator as count_target,
    numerator as count_mqls,
    value as mql_rate,
    ci_low,
    ci_high,
    is_low_n,
    target,
    gap_abs
from marts.kpi_values as figures
where
    metric_id = 'kpi1_mql_rate'
    and period_grain = 'quarter'
    and dimension_name = 'audience_type'
    and (
        basis = 'cohort_aj'
        or (
            basis = 'period'
            and not exists (
                select 1
                from marts.kpi_values as cohorts
                where
                    cohorts.metric_id = figures.metric_id
                    and cohorts.period_grain = figures.period_grain
                    and cohorts.dimension_name = figures.dimension_name
                    and cohorts.dimension_value = figures.dimension_value
                    and cohorts.basis = 'cohort_aj'
            )
        )
    )
order by period_start, dimension_value
