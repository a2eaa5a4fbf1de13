with

source as (

    select * from {{ source('raw_workspace', 'milestones') }}

),

renamed as (

    select
        -- ids
        pipeline_name || ':' || milestone_code as milestone_id,
        pipeline_name || ':' || stage_name as stage_id,
        -- strings
        milestone_code,
        pipeline_name,
        stage_name,
        bant_dimension,
        milestone_role,
        label_en,
        label_fr,
        -- numbers
        milestone_weight

    from source

)

select * from renamed
