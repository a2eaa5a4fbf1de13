with

reported_values as (

    select * from {{ ref('int_kpi__reported_values') }}

),

final as (

    select
        metric_id,
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        basis,
        window_days,
        reported_as_of,
        is_complete,
        numerator,
        denominator,
        value,
        metric_version
    from reported_values

)

select * from final
