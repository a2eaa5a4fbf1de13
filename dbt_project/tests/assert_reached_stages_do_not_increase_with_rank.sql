-- Law 1: whoever reached a stage has reached every stage before it.
{{ config(meta={'dagster': {'ref': {'name': 'fct_stage_visits'}}}) }}

with

reached as (

    select
        pipeline_stages.pipeline_name,
        pipeline_stages.stage_id,
        pipeline_stages.stage_rank,
        count(distinct visits.deal_id) as count_reached
    from {{ ref('dim_stages') }} as pipeline_stages
    left join {{ ref('fct_stage_visits') }} as visits
        on
            pipeline_stages.stage_id = visits.stage_id
            and visits.timestamp_precision = 'instant'
    where pipeline_stages.stage_type = 'open'
    group by
        pipeline_stages.pipeline_name,
        pipeline_stages.stage_id,
        pipeline_stages.stage_rank

),

compared as (

    select
        *,
        lag(count_reached) over (
            partition by pipeline_name
            order by stage_rank
        ) as count_reached_before
    from reached

)

select * from compared
where count_reached > count_reached_before
