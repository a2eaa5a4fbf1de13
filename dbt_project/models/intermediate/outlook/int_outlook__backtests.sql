with

forecast_backtests as (

    select * from {{ ref('stg_analytics__forecast_backtests') }}

),

-- An origin after the as-of day knows what is not known yet.
final as (

    select
        {{ surrogate_key([
            'origin_date', 'model_name', 'horizon', 'measure',
        ]) }} as forecast_backtest_id,
        origin_date,
        model_name,
        horizon,
        measure,
        month_start_date,
        label,
        is_promoted,
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
        count_deals
    from forecast_backtests
    where origin_date <= {{ as_of() }}

)

select * from final
