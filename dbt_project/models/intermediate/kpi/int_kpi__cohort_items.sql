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

final as (

    select * from audience_items
    union all
    select * from mql_items
    union all
    select * from stage_items

)

select * from final
