with

score_performances as (

    select * from {{ ref('stg_analytics__score_performances') }}

),

final as (

    select
        model_name
        || '/' || cast(model_version as string)
        || '/' || outcome_name
        || '/' || sample_name
        || '/' || estimator
        || '/' || input_name
        || '/' || metric_name as score_performance_id,
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
        case
            when metric_name <> 'auc' or input_name = 'score' then null
            when measure_status = 'ok' then true
            when measure_status in ('no_evidence', 'opposite', 'hardly_known')
                then false
        end as has_evidence
    from score_performances

)

select * from final
