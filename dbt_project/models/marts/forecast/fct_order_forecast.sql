with

forecasts as (

    select * from {{ ref('int_outlook__forecasts') }}

),

final as (

    select
        order_forecast_id,
        origin_date,
        model_name,
        horizon,
        measure,
        component,
        month_start_date,
        label,
        is_shown,
        origin_date = {{ as_of() }} as is_current,
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
        count_paths
    from forecasts

)

select * from final
