with

source as (

    select * from {{ source('raw_analytics', 'forecast_backtests') }}

),

renamed as (

    select
        -- strings
        model_name,
        horizon,
        measure,
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
        actual,
        mase_scale,
        deal_brier,
        cast(count_deals as bigint) as count_deals,
        -- booleans
        is_promoted,
        -- dates
        origin_date,
        month_start_date

    from source

)

select * from renamed
