-- KPI 2, SQL / MQL at the longest window, and the gap MQL - SQL, by month (R-50). Unfinished cohorts are estimated.
select
    rates.period_start as month,
    rates.window_days,
    rates.value as sql_rate,
    rates.ci_low,
    rates.ci_high,
    rates.is_low_n,
    rates.target,
    rates.gap_abs as gap_to_target,
    gaps.value as mql_sql_gap
from marts.kpi_values as rates
left join marts.kpi_values as gaps
    on
        gaps.metric_id = 'mql_sql_gap'
        and gaps.period_grain = rates.period_grain
        and gaps.period_start = rates.period_start
        and gaps.dimension_name = rates.dimension_name
        and gaps.basis = 'period'
where
    rates.metric_id = 'kpi2_sql_rate'
    and rates.period_grain = 'month'
    and rates.dimension_name = 'total'
    and rates.basis = 'cohort_aj'
    and rates.window_days = (
        select max(window_days) from marts.kpi_values where metric_id = 'kpi2_sql_rate'
    )
order by rates.period_start
