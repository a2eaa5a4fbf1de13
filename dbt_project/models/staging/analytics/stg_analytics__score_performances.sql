with

source as (

    select * from {{ source('raw_analytics', 'score_performances') }}

),

renamed as (

    select
        -- strings
        model_name,
        outcome_name,
        sample_name,
        estimator,
        input_name,
        metric_name,
        measure_status,
        -- numbers
        model_version,
        window_days,
        value,
        ci_low,
        ci_high,
        count_leads,
        count_outcomes

    from source

)

select * from renamed
