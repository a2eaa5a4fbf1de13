with

additive_values as (

    select * from {{ ref('int_kpi__additive_values') }}

),

audience_values as (

    select * from {{ ref('int_kpi__anonymous_audience_values') }}

),

basket_medians as (

    select * from {{ ref('int_kpi__basket_medians') }}

),

cohort_values as (

    select * from {{ ref('int_kpi__cohort_values') }}

),

attribution_values as (

    select * from {{ ref('int_kpi__attribution_values') }}

),

cross_sell_values as (

    select * from {{ ref('int_kpi__cross_sell_values') }}

),

ltv_values as (

    select * from {{ ref('int_kpi__cohort_ltv_values') }}

),

-- Values that come with a variance of their own.
amount_cohort_values as (

    select * from {{ ref('int_kpi__cohort_amount_values') }}

),

amount_period_values as (

    select * from {{ ref('int_kpi__stage_amount_period_values') }}

),

stalled_values as (

    select * from {{ ref('int_kpi__stalled_values') }}

),

action_values as (

    select * from {{ ref('int_kpi__action_values') }}

),

velocity_values as (

    select * from {{ ref('int_kpi__velocity_values') }}

),

cohort_times as (

    select * from {{ ref('int_kpi__cohort_times') }}

),

discovery_values as (

    select * from {{ ref('int_kpi__discovery_values') }}

),

disqualification_values as (

    select * from {{ ref('int_kpi__disqualification_values') }}

),

content_values as (

    select * from {{ ref('int_kpi__content_values') }}

),

accuracy_values as (

    select * from {{ ref('int_kpi__forecast_accuracy') }}

),

-- Of the time to come: neither actual nor elapsed. Their interval is not one of 95 %.
forecast_values as (

    select
        period_kind,
        period_grain,
        period_start,
        metric_id,
        dimension_name,
        dimension_value,
        basis,
        window_days,
        numerator,
        cast(null as decimal(18, 4)) as denominator,
        value,
        cast(null as double) as value_variance,
        cast(null as double) as count_effective_trials,
        count_observed
    from {{ ref('int_kpi__forecast_values') }}

),

metrics as (

    select * from {{ ref('int_kpi__metrics') }}

),

sums as (

    select * from additive_values
    union all
    select
        *,
        cast(0 as decimal(38, 8)) as sum_of_squares
    from audience_values

),

sums_by_kind as (

    select
        sums.*,
        metrics.metric_kind,
        cast(sums.numerator as double) as numerator_number,
        cast(sums.denominator as double) as denominator_number,
        {{ ratio('sums.numerator', 'sums.denominator') }} as quotient
    from sums
    inner join metrics
        on sums.metric_id = metrics.metric_id

),

-- The variance of a count is the count (Poisson), of an amount the sum of squares
-- (compound Poisson), of a mean that of its sample.
valued_sums as (

    select
        period_kind,
        period_grain,
        period_start,
        metric_id,
        metric_kind,
        dimension_name,
        dimension_value,
        'period' as basis,
        cast(0 as bigint) as window_days,
        numerator,
        case when metric_kind in ('rate', 'average') then denominator end
            as denominator,
        case
            when metric_kind in ('rate', 'average') then quotient
            else numerator_number
        end as value,
        case
            when metric_kind = 'count' then numerator_number
            when metric_kind = 'amount' then cast(sum_of_squares as double)
            when metric_kind = 'average' and denominator_number > 1
                then
                    greatest(
                        cast(sum_of_squares as double)
                        - denominator_number * quotient * quotient,
                        0
                    )
                    / (denominator_number * (denominator_number - 1))
        end as value_variance,
        case
            when metric_kind = 'rate' and numerator <= denominator and denominator > 0
                then denominator_number
        end as count_effective_trials,
        case when metric_kind = 'count' then numerator else denominator end
            as count_observed
    from sums_by_kind

),

valued_medians as (

    select
        basket_medians.period_kind,
        basket_medians.period_grain,
        basket_medians.period_start,
        basket_medians.metric_id,
        metrics.metric_kind,
        basket_medians.dimension_name,
        basket_medians.dimension_value,
        'period' as basis,
        cast(0 as bigint) as window_days,
        cast(null as decimal(18, 4)) as numerator,
        basket_medians.denominator,
        basket_medians.value,
        basket_medians.value_variance,
        cast(null as double) as count_effective_trials,
        basket_medians.denominator as count_observed
    from basket_medians
    inner join metrics
        on basket_medians.metric_id = metrics.metric_id

),

valued_cohorts as (

    select
        'actual' as period_kind,
        cohort_values.period_grain,
        cohort_values.period_start,
        cohort_values.metric_id,
        metrics.metric_kind,
        cohort_values.dimension_name,
        cohort_values.dimension_value,
        cohort_values.basis,
        cohort_values.window_days,
        cohort_values.numerator,
        cohort_values.denominator,
        cohort_values.value,
        cohort_values.value_variance,
        cohort_values.count_effective_trials,
        cohort_values.denominator as count_observed
    from cohort_values
    inner join metrics
        on cohort_values.metric_id = metrics.metric_id

),

valued_attributions as (

    select
        attribution_values.period_kind,
        attribution_values.period_grain,
        attribution_values.period_start,
        attribution_values.metric_id,
        metrics.metric_kind,
        attribution_values.dimension_name,
        attribution_values.dimension_value,
        'period' as basis,
        cast(0 as bigint) as window_days,
        attribution_values.numerator,
        cast(null as decimal(18, 4)) as denominator,
        attribution_values.value,
        attribution_values.value_variance,
        cast(null as double) as count_effective_trials,
        attribution_values.count_observed
    from attribution_values
    inner join metrics
        on attribution_values.metric_id = metrics.metric_id

),

valued_times as (

    select
        'actual' as period_kind,
        cohort_times.period_grain,
        cohort_times.period_start,
        cohort_times.metric_id,
        metrics.metric_kind,
        cohort_times.dimension_name,
        cohort_times.dimension_value,
        'cohort_aj' as basis,
        cast(0 as bigint) as window_days,
        cohort_times.numerator,
        cohort_times.denominator,
        cohort_times.value,
        cast(null as double) as value_variance,
        cast(null as double) as count_effective_trials,
        cohort_times.denominator as count_observed
    from cohort_times
    inner join metrics
        on cohort_times.metric_id = metrics.metric_id

),

with_own_variance as (

    select * from cross_sell_values
    union all
    select * from ltv_values
    union all
    select * from amount_cohort_values
    union all
    select * from amount_period_values
    union all
    select * from stalled_values
    union all
    select * from action_values
    union all
    select * from velocity_values
    union all
    select * from discovery_values
    union all
    select * from disqualification_values
    union all
    select * from content_values
    union all
    select * from accuracy_values
    union all
    select * from forecast_values

),

valued_with_own_variance as (

    select
        with_own_variance.period_kind,
        with_own_variance.period_grain,
        with_own_variance.period_start,
        with_own_variance.metric_id,
        metrics.metric_kind,
        with_own_variance.dimension_name,
        with_own_variance.dimension_value,
        with_own_variance.basis,
        with_own_variance.window_days,
        with_own_variance.numerator,
        with_own_variance.denominator,
        with_own_variance.value,
        with_own_variance.value_variance,
        with_own_variance.count_effective_trials,
        with_own_variance.count_observed
    from with_own_variance
    inner join metrics
        on with_own_variance.metric_id = metrics.metric_id

),

final as (

    select * from valued_sums
    union all
    select * from valued_medians
    union all
    select * from valued_cohorts
    union all
    select * from valued_attributions
    union all
    select * from valued_times
    union all
    select * from valued_with_own_variance

)

select * from final
