with

source as (

    select * from {{ source('raw_workspace', 'scoring_criteria') }}

),

renamed as (

    select
        -- strings
        model_name,
        model_version,
        criterion_code,
        criterion_group,
        evidence_field,
        label_en,
        label_fr,
        -- numbers
        max_points,
        half_life_days,
        -- dates
        valid_from

    from source

)

select * from renamed
