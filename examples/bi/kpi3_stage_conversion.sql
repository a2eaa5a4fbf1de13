-- KPI 3, conversion from each stage to the next, by quarter (R-53). Bars by stage with their interval.
select
    figures.period_start as quarter,
    stages.stage_rank,
    stages.label_en as stage,
    figures.window_days,
    figures.denominator as count_entered,
    figures.value as conversion,
    figures.ci_low,
    figures.ci_high,
    figures.is_low_n,
    figures.target,
    figures.gap_abs
from marts.kpi_values as figures
inner join marts.dim_stages as stages
    on figures.dimension_value = stages.stage_id
where
    figures.metric_id = 'kpi3_stage_conversion'
    and figures.period_grain = 'quarter'
    and figures.dimension_name = 'stage'
    and figures.basis = 'cohort_aj'
order by figures.period_start, stages.pipeline_name, stages.stage_rank
