-- Law 3: visits of a deal follow each other without gap or overlap, and one is open
-- exactly when the deal is. A deal whose stage nobody knows has none.
{{ config(meta={'dagster': {'ref': {'name': 'fct_stage_visits'}}}) }}

with

visits as (

    select
        deal_id,
        visit_number,
        entered_at,
        exited_at,
        is_open,
        lead(entered_at) over (
            partition by deal_id
            order by visit_number
        ) as next_entered_at,
        lead(visit_number) over (
            partition by deal_id
            order by visit_number
        ) as next_visit_number
    from {{ ref('fct_stage_visits') }}
    where not is_skipped

),

broken_visits as (

    select
        deal_id,
        'gap or overlap' as fault
    from visits
    where
        exited_at < entered_at
        or (next_visit_number is not null and is_open)
        or (is_open and exited_at is not null)
        or (
            next_visit_number is not null
            and coalesce(exited_at <> next_entered_at, true)
        )

),

open_visits as (

    select
        deal_id,
        count(*) as count_open
    from visits
    where is_open
    group by deal_id

),

broken_deals as (

    select
        deals.deal_id,
        'open visits do not match the deal' as fault
    from {{ ref('fct_deals') }} as deals
    left join open_visits
        on deals.deal_id = open_visits.deal_id
    where
        coalesce(open_visits.count_open, 0)
        <> case
            when
                deals.deal_status = 'open' and deals.current_stage_id is not null
                then 1
            else 0
        end

)

select * from broken_visits
union all
select * from broken_deals
