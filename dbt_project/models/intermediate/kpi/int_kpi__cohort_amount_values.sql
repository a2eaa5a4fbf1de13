{% set cohort_columns = [
    'metric_id', 'dimension_name', 'dimension_value', 'period_grain', 'period_start',
] %}
{% set cohort = cohort_columns | join(', ') %}
{% set so_far %}
over (
            partition by {{ cohort }}
            order by observed_seconds
            rows between unbounded preceding and current row
        )
{%- endset %}
with

curves as (

    select
        *,
        case
            when not is_last_hazard
                then
                    amount_events
                    / (amount_at_risk * (amount_at_risk - amount_events))
            else 0
        end as survival_step,
        survival_before * amount_reached / power(amount_at_risk, 2) as reach_step
    from {{ ref('int_kpi__cohort_amount_curves') }}

),

periods as (

    select * from {{ ref('int_kpi__periods') }}

),

-- Identified: the curve is known to the end of the window, since somebody was watched
-- so long or since everybody has ended before.
ends as (

    select
        {{ cohort }},
        sum(count_ended) as count_observed,
        sum(amount_ended) as amount_entered,
        sum(amount_reached) as amount_reached,
        sum(squares_reached) as squares_reached,
        sum(squares_competed + squares_censored) as squares_not_reached,
        max(cumulative_incidence) as incidence,
        max(observed_seconds) = {{ var('stage_window_days') }} * 86400
        or max(case when is_last_hazard then 1 else 0 end) = 1 as is_identified
    from curves
    group by {{ cohort }}

),

-- Sums over the instants so far, from which follows what one unit of amount does to the
-- incidence: it is at risk at each of them, and it ends at one.
summed as (

    select
        *,
        sum(reach_step) {{ so_far }} as reach_sum,
        sum(survival_step) {{ so_far }} as survival_sum,
        sum(survival_step * cumulative_incidence) {{ so_far }} as incidence_sum
    from curves

),

influences as (

    select
        {% for column in cohort_columns %}
        summed.{{ column }},
        {% endfor %}
        summed.squares_reached,
        summed.squares_competed,
        summed.squares_censored,
        ends.incidence * summed.survival_sum - summed.incidence_sum
        - summed.reach_sum as influence_at_risk,
        summed.survival_before / summed.amount_at_risk as influence_of_reaching,
        case
            when not summed.is_last_hazard
                then
                    (summed.cumulative_incidence - ends.incidence)
                    / (summed.amount_at_risk - summed.amount_events)
            else 0
        end as influence_of_ending
    from summed
    inner join ends
        on
        {% for column in cohort_columns %}
            {{ 'and' if not loop.first }} summed.{{ column }} = ends.{{ column }}
        {% endfor %}

),

-- The first-order variance of the bootstrap over deals (Efron's infinitesimal
-- jackknife): the sum of squared influences.
variances as (

    select
        {{ cohort }},
        sum(
            squares_reached
            * power(
                influence_at_risk + influence_of_reaching + influence_of_ending, 2
            )
            + squares_competed * power(influence_at_risk + influence_of_ending, 2)
            + squares_censored * power(influence_at_risk, 2)
        ) as incidence_variance
    from influences
    group by {{ cohort }}

),

both_bases as (

    select
        ends.*,
        'cohort_aj' as basis,
        case
            when ends.is_identified then round(least(ends.incidence, 1.0), 12)
        end as value,
        case
            when ends.is_identified then round(variances.incidence_variance, 15)
        end as value_variance
    from ends
    inner join variances
        on
        {% for column in cohort_columns %}
            {{ 'and' if not loop.first }} ends.{{ column }} = variances.{{ column }}
        {% endfor %}
    union all
    select
        ends.*,
        'cohort_window' as basis,
        round(ends.amount_reached / ends.amount_entered, 12) as value,
        round((
            ends.squares_reached
            * power(1 - ends.amount_reached / ends.amount_entered, 2)
            + ends.squares_not_reached
            * power(ends.amount_reached / ends.amount_entered, 2)
        ) / power(ends.amount_entered, 2), 15) as value_variance
    from ends
    inner join periods
        on
            ends.period_grain = periods.period_grain
            and ends.period_start = periods.period_start
    where
        {{ add_days('periods.last_date', var('stage_window_days') ~ ' + 1') }}
        <= {{ as_of() }}

),

final as (

    select
        'actual' as period_kind,
        period_grain,
        period_start,
        metric_id,
        dimension_name,
        dimension_value,
        basis,
        cast({{ var('stage_window_days') }} as bigint) as window_days,
        cast(amount_reached as decimal(18, 4)) as numerator,
        cast(amount_entered as decimal(18, 4)) as denominator,
        value,
        value_variance,
        {{ effective_trials(
            'value', 'value_variance', 'amount_entered',
            'squares_reached + squares_not_reached'
        ) }} as count_effective_trials,
        cast(count_observed as decimal(18, 4)) as count_observed
    from both_bases

)

select * from final
