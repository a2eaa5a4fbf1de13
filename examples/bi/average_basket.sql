-- Average basket, with evolution and gap to target (R-58). Line with its interval.
select
    month,
    value as average_basket,
    ci_low,
    ci_high,
    is_low_n,
    evolution_rel_previous,
    evolution_signal_previous,
    evolution_rel_year_ago,
    target,
    gap_rel,
    unit as currency_code
from marts.kpi_commercial_dashboard
where line_id = 'average_basket' and value is not null
order by month
