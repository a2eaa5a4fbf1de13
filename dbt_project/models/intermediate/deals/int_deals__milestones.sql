with

milestones as (

    select * from {{ ref('stg_workspace__milestones') }}

),

final as (

    select
        milestone_id,
        stage_id,
        pipeline_name,
        milestone_code,
        milestone_weight,
        bant_dimension,
        milestone_role,
        label_en,
        label_fr
    from milestones

)

select * from final
