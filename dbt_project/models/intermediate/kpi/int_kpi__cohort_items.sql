with

audience_items as (

    select * from {{ ref('int_kpi__cohort_audience_items') }}

),

mql_items as (

    select * from {{ ref('int_kpi__cohort_mql_items') }}

),

stage_items as (

    select * from {{ ref('int_kpi__cohort_stage_items') }}

),

milestone_items as (

    select * from {{ ref('int_kpi__cohort_milestone_items') }}

),

contact_items as (

    select * from {{ ref('int_kpi__cohort_contact_items') }}

),

regret_items as (

    select * from {{ ref('int_kpi__cohort_regret_items') }}

),

content_items as (

    select * from {{ ref('int_kpi__cohort_content_items') }}

),

final as (

    select
        metric_id,
        dimension_name,
        dimension_value,
        period_grain,
        period_start,
        item_id,
        reach_seconds,
        compete_seconds,
        followup_seconds
    from audience_items
    union all
    select
        metric_id,
        dimension_name,
        dimension_value,
        period_grain,
        period_start,
        item_id,
        reach_seconds,
        compete_seconds,
        followup_seconds
    from mql_items
    union all
    select
        metric_id,
        dimension_name,
        dimension_value,
        period_grain,
        period_start,
        item_id,
        reach_seconds,
        compete_seconds,
        followup_seconds
    from stage_items
    union all
    select
        metric_id,
        dimension_name,
        dimension_value,
        period_grain,
        period_start,
        item_id,
        reach_seconds,
        compete_seconds,
        followup_seconds
    from milestone_items
    union all
    select
        metric_id,
        dimension_name,
        dimension_value,
        period_grain,
        period_start,
        item_id,
        reach_seconds,
        compete_seconds,
        followup_seconds
    from contact_items
    union all
    select
        metric_id,
        dimension_name,
        dimension_value,
        period_grain,
        period_start,
        item_id,
        reach_seconds,
        compete_seconds,
        followup_seconds
    from regret_items
    union all
    select
        metric_id,
        dimension_name,
        dimension_value,
        period_grain,
        period_start,
        item_id,
        reach_seconds,
        compete_seconds,
        followup_seconds
    from content_items

)

select * from final
