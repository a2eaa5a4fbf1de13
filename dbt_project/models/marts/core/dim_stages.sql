with

stages as (

    select * from {{ ref('int_lifecycle__stages') }}

),

final as (

    select
        stage_id,
        pipeline_name,
        stage_name,
        stage_rank,
        stage_type,
        next_stage_id,
        label_en,
        label_fr
    from stages

)

select * from final
