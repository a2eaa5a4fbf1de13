with

source as (

    select * from {{ source('raw_workspace', 'scoring_grades') }}

),

renamed as (

    select
        -- strings
        model_name,
        model_version,
        grade_code,
        -- numbers
        lower_bound

    from source

)

select * from renamed
