-- Law 5: whoever entered a stage advanced (won included), was lost, went back or is
-- still there; and the ends of all visits are the ends of their deals.
{{ config(meta={'dagster': {'ref': {'name': 'fct_stage_visits'}}}) }}

with

visits as (

    select
        visits.*,
        deals.deal_status
    from {{ ref('fct_stage_visits') }} as visits
    inner join {{ ref('fct_deals') }} as deals
        on visits.deal_id = deals.deal_id
    where not visits.is_skipped

),

by_stage as (

    select
        stage_id as broken_at,
        count(*) as count_entered,
        sum(
            case
                when
                    exit_type in ('advanced', 'won', 'lost', 'went_back', 'open')
                    then 1
                else 0
            end
        ) as count_accounted_for
    from visits
    group by stage_id

),

by_status as (

    select
        deal_status as broken_at,
        count(distinct deal_id) as count_entered,
        sum(case when exit_type = deal_status then 1 else 0 end) as count_accounted_for
    from visits
    group by deal_status

)

select * from by_stage
where count_entered <> count_accounted_for
union all
select * from by_status
where count_entered <> count_accounted_for
