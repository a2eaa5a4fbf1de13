-- From lead to order by cohort month (R-03). Funnel of one month; months that are not over say so.
select
    cohort_month,
    step_number,
    step_name,
    count_entered,
    conversion_to_next,
    to_next_ci_low,
    to_next_ci_high,
    conversion_from_start,
    is_low_n,
    is_complete
from marts.kpi_funnel
where funnel_name = 'lead' and dimension_name = 'total' and basis = 'cohort_aj'
order by cohort_month, step_number
