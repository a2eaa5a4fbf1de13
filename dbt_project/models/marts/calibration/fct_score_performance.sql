with

measures as (

    select * from {{ ref('int_calibration__measures') }}

),

final as (

    select
        score_performance_id,
        model_name,
        model_version,
        outcome_name,
        window_days,
        sample_name,
        estimator,
        input_name,
        metric_name,
        measure_status,
        value,
        ci_low,
        ci_high,
        count_leads,
        count_outcomes,
        has_evidence
    from measures

)

select * from final
