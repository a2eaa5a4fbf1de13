-- New leads by month, with evolution and gap to target (R-56). Line or columns over month.
select
    month,
    value as new_leads,
    ci_low,
    ci_high,
    evolution_abs_previous,
    evolution_rel_previous,
    evolution_signal_previous,
    evolution_rel_year_ago,
    target,
    gap_abs,
    gap_paced,
    is_on_target
from marts.kpi_commercial_dashboard
where line_id = 'new_leads'
order by month
