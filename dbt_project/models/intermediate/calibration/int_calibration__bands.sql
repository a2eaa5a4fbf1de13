with

score_calibrations as (

    select * from {{ ref('stg_analytics__score_calibrations') }}

),

final as (

    select
        model_name
        || '/' || cast(model_version as string)
        || '/' || outcome_name
        || '/' || sample_name
        || '/' || estimator
        || '/' || cast(cast(band_low as bigint) as string) as score_calibration_id,
        model_name,
        model_version,
        outcome_name,
        window_days,
        sample_name,
        estimator,
        band_low,
        band_high,
        count_leads,
        count_outcomes,
        observed_rate,
        ci_low,
        ci_high,
        calibrated_rate,
        count_leads_above,
        precision_rate,
        precision_low,
        precision_high,
        recall_rate,
        recall_low,
        recall_high,
        count_leads < 20 as is_low_n
    from score_calibrations

)

select * from final
