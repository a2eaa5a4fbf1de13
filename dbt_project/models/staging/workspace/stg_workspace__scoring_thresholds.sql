with

source as (

    select * from {{ source('raw_workspace', 'scoring_thresholds') }}

),

renamed as (

    select
        -- strings
        model_name,
        model_version,
        transition as transition_code,
        -- numbers
        score_threshold,
        fit_floor

    from source

)

select * from renamed
