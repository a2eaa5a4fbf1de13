with

source as (

    select * from {{ source('raw_workspace', 'ideal_customer') }}

),

renamed as (

    select
        -- strings
        model_name,
        model_version,
        criterion_code,
        ideal_value

    from source

)

select * from renamed
