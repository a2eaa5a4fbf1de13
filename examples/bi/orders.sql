-- Orders of the month, count and amount, with the gap to target (R-57). One chart for each of the two.
select
    counts.month,
    counts.value as count_orders,
    counts.target as target_count,
    counts.gap_abs as gap_count,
    counts.gap_projected as gap_projected_count,
    amounts.value as amount_orders,
    amounts.target as target_amount,
    amounts.gap_abs as gap_amount,
    amounts.gap_projected as gap_projected_amount,
    amounts.unit as currency_code
from marts.kpi_commercial_dashboard as counts
inner join marts.kpi_commercial_dashboard as amounts
    on counts.month = amounts.month and amounts.metric_id = 'orders_amount'
where counts.metric_id = 'orders_count'
order by counts.month
