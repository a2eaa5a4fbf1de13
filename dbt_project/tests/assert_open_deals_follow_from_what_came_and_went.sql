-- Law 4, in count: the deals that are in a visit at the end of a month are those that
-- came in by then less those that were closed by then. In amount: what a visit ends
-- with is what the next one begins with, and the last one ends with the amount of the
-- deal, so that new + change - won - lost = open.
{{ config(meta={'dagster': {'ref': {'name': 'fct_deals'}}}) }}

with

months as (

    select distinct month_start_date as month_end_at
    from {{ ref('dim_dates') }}
    where month_start_date <= {{ as_of() }}

),

visits as (

    select
        *,
        lead(amount_at_entry_base) over (
            partition by deal_id
            order by visit_number
        ) as next_amount_base,
        lead(visit_number) over (
            partition by deal_id
            order by visit_number
        ) as next_visit_number
    from {{ ref('fct_stage_visits') }}
    where not is_skipped

),

entries as (

    select
        visits.deal_id,
        visits.entered_date,
        deals.closed_date
    from visits
    inner join {{ ref('fct_deals') }} as deals
        on visits.deal_id = deals.deal_id
    where visits.visit_number = 1

),

stocks as (

    select
        months.month_end_at,
        count(visits.stage_visit_id) as count_open
    from months
    left join visits
        on
            months.month_end_at > visits.entered_date
            and (
                visits.exited_at is null
                or months.month_end_at <= {{ business_date('visits.exited_at') }}
            )
    group by months.month_end_at

),

flows as (

    select
        months.month_end_at,
        sum(case when entries.entered_date < months.month_end_at then 1 else 0 end)
        - sum(case when entries.closed_date < months.month_end_at then 1 else 0 end)
            as count_open
    from months
    cross join entries
    group by months.month_end_at

),

broken_counts as (

    select cast(stocks.month_end_at as string) as broken_at
    from stocks
    inner join flows
        on stocks.month_end_at = flows.month_end_at
    where stocks.count_open <> flows.count_open

),

broken_amounts as (

    select visits.deal_id as broken_at
    from visits
    inner join {{ ref('fct_deals') }} as deals
        on visits.deal_id = deals.deal_id
    where
        (
            visits.next_visit_number is not null
            and coalesce(visits.amount_at_exit_base, -1)
            <> coalesce(visits.next_amount_base, -1)
        )
        or (
            visits.next_visit_number is null
            and deals.deal_status <> 'open'
            and coalesce(visits.amount_at_exit_base, -1)
            <> coalesce(deals.amount_base, -1)
        )

)

select * from broken_counts
union all
select * from broken_amounts
