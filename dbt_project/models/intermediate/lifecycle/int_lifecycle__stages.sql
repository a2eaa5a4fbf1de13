with

stages as (

    select * from {{ ref('stg_workspace__stages') }}

),

ranked_stages as (

    select
        stage_id,
        lead(stage_id) over (
            partition by pipeline_name
            order by stage_rank
        ) as next_stage_id
    from stages
    where stage_rank is not null

),

final as (

    select
        stages.stage_id,
        stages.pipeline_name,
        stages.stage_name,
        cast(stages.stage_rank as bigint) as stage_rank,
        stages.stage_type,
        ranked_stages.next_stage_id,
        stages.label_en,
        stages.label_fr
    from stages
    left join ranked_stages
        on stages.stage_id = ranked_stages.stage_id

)

select * from final
