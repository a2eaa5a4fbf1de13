with

source as (

    select * from {{ source('raw_workspace', 'targets') }}

),

renamed as (

    select
        -- strings
        metric_id,
        stage_name,
        -- numbers
        target_value,
        target_high,
        -- dates
        target_month,
        valid_from

    from source

)

select * from renamed
