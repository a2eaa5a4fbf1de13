-- Losses of the process by stage: count, amount and share of those that reached it (R-59). Bars by stage of one month.
select
    counts.month,
    coalesce(stages.stage_rank, 99) as stage_rank,
    coalesce(stages.label_en, counts.stage_id) as stage,
    counts.value as count_losses,
    counts.target as target_count,
    counts.gap_abs as gap_count,
    amounts.value as amount_losses,
    rates.value as loss_rate,
    rates.target as target_rate,
    rates.gap_abs as gap_rate
from marts.kpi_commercial_dashboard as counts
left join marts.kpi_commercial_dashboard as amounts
    on
        counts.month = amounts.month
        and counts.stage_id = amounts.stage_id
        and amounts.metric_id = 'losses_amount'
left join marts.kpi_commercial_dashboard as rates
    on
        counts.month = rates.month
        and counts.stage_id = rates.stage_id
        and rates.metric_id = 'losses_rate'
left join marts.dim_stages as stages
    on counts.stage_id = stages.stage_id
where counts.metric_id = 'losses_count' and counts.stage_id <> 'all'
order by counts.month, stage_rank, stage
