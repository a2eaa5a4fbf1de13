-- Lifetime value, repurchase rate and recommendations, with evolution (R-61). One chart a metric.
select
    dashboard.month,
    catalog.label_en as metric,
    dashboard.value,
    dashboard.unit,
    dashboard.ci_low,
    dashboard.ci_high,
    dashboard.is_low_n,
    dashboard.evolution_rel_year_ago,
    dashboard.evolution_signal_year_ago
from marts.kpi_commercial_dashboard as dashboard
inner join marts.kpi_catalog as catalog
    on dashboard.metric_id = catalog.metric_id
where dashboard.line_id = 'loyalty' and dashboard.value is not null
order by dashboard.month, catalog.label_en
