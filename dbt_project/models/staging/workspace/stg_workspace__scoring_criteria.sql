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
        -- booleans
        coalesce(is_target_date, false) as is_target_date,
        -- dates
        valid_from,
        valid_to

    from source

)

select * from renamed
