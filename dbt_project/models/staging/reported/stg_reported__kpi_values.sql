with

source as (

    select * from {{ source('raw_reported', 'kpi_values') }}

),

renamed as (

    select
        -- strings
        metric_id,
        period_grain,
        dimension_name,
        dimension_value,
        basis,
        -- numbers
        window_days,
        numerator,
        denominator,
        value,
        metric_version,
        -- booleans
        is_complete,
        -- dates
        period_start,
        reported_as_of

    from source

)

select * from renamed
