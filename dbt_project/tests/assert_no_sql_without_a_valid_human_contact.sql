-- Law 2: an SQL rests on one human contact of its own cycle that was judged valid, and
-- on the marketing path it does not precede the MQL.
{{ config(meta={'dagster': {'ref': {'name': 'fct_sqls'}}}) }}

with

sqls as (

    select * from {{ ref('fct_sqls') }}

),

activities as (

    select * from {{ ref('fct_activities') }}

),

final as (

    select
        sqls.lead_cycle_id,
        sqls.sql_at,
        activities.activity_id
    from sqls
    left join activities
        on sqls.activity_id = activities.activity_id
    where
        activities.activity_id is null
        or not activities.is_human_contact
        or coalesce(activities.verdict, 'none') <> 'valid'
        or activities.occurred_at <> sqls.sql_at
        or coalesce(activities.lead_cycle_id, 'none') <> sqls.lead_cycle_id
        or (not sqls.is_sales_direct and coalesce(sqls.mql_at > sqls.sql_at, true))
        or (sqls.is_sales_direct and coalesce(sqls.mql_at <= sqls.sql_at, false))

)

select * from final
