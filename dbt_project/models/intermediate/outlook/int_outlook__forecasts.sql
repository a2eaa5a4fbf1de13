with

order_forecasts as (

    select * from {{ ref('stg_analytics__order_forecasts') }}

),

-- An origin after the as-of day knows what is not known yet.
final as (

    select
        {{ surrogate_key([
            'origin_date', 'model_name', 'horizon', 'measure', 'component',
        ]) }} as order_forecast_id,
        origin_date,
        model_name,
        horizon,
        measure,
        component,
        month_start_date,
        label,
        is_shown,
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
    from order_forecasts
    where origin_date <= {{ as_of() }}

)

select * from final
