with

bands as (

    select * from {{ ref('int_calibration__bands') }}

),

final as (

    select
        score_calibration_id,
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
        is_low_n
    from bands

)

select * from final
