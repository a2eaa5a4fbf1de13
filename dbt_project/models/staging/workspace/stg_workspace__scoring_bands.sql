with

source as (

    select * from {{ source('raw_workspace', 'scoring_bands') }}

),

renamed as (

    select
        -- strings
        model_name,
        model_version,
        criterion_code,
        match_value,
        -- numbers
        lower_bound,
        upper_bound,
        points

    from source

)

select * from renamed
