-- A stalled deal is open, never silently lost; and the KPI at the as-of day counts the
-- facts (law 12).
{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}

with

visits as (

    select * from {{ ref('fct_stage_visits') }}
    where is_stalled

),

broken_visits as (

    select visits.deal_id as broken_at
    from visits
    inner join {{ ref('fct_deals') }} as deals
        on visits.deal_id = deals.deal_id
    where
        not visits.is_open
        or deals.deal_status <> 'open'
        or not deals.is_reportable

),

counted as (

    select
        metric_id,
        dimension_name,
        max(period_start) as period_start
    from {{ ref('kpi_values') }}
    where metric_id = 'stalled_deals' and period_grain = 'month'
    group by metric_id, dimension_name

),

broken_counts as (

    select counted.dimension_name as broken_at
    from counted
    inner join {{ ref('kpi_values') }} as kpi_values
        on
            counted.metric_id = kpi_values.metric_id
            and counted.dimension_name = kpi_values.dimension_name
            and counted.period_start = kpi_values.period_start
            and kpi_values.period_grain = 'month'
    group by counted.dimension_name
    having sum(kpi_values.numerator) <> (select count(*) from visits)

)

select * from broken_visits
union all
select * from broken_counts
