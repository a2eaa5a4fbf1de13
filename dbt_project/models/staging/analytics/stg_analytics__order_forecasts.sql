with

source as (

    select * from {{ source('raw_analytics', 'order_forecasts') }}

),

renamed as (

    select
        -- strings
        model_name,
        horizon,
        measure,
        component,
        label,
        -- numbers
        expected,
        p025,
        p10,
        p25,
        p50,
        p75,
        p90,
        p975,
        actual_to_date,
        noise_level,
        cast(count_paths as bigint) as count_paths,
        -- booleans
        is_shown,
        -- dates
        origin_date,
        month_start_date

    from source

)

select * from renamed
