with

source as (

    select * from {{ source('raw_workspace', 'stages') }}

),

renamed as (

    select
        -- ids
        pipeline_name || ':' || stage_name as stage_id,
        -- strings
        pipeline_name,
        stage_name,
        stage_type,
        label_en,
        label_fr,
        -- numbers
        stage_rank

    from source

)

select * from renamed
