with

source as (

    select * from {{ source('raw_analytics', 'score_calibrations') }}

),

renamed as (

    select
        -- strings
        model_name,
        outcome_name,
        sample_name,
        estimator,
        -- numbers
        model_version,
        window_days,
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
        recall_high

    from source

)

select * from renamed
