{% set cohort_columns = [
    'metric_id', 'dimension_name', 'dimension_value', 'period_grain', 'period_start',
    'window_days',
] %}
{% set cohort = cohort_columns | join(', ') %}
with

curves as (

    select * from {{ ref('int_kpi__cohort_curves') }}

),

windows as (

    select * from {{ ref('int_kpi__cohort_windows') }}

),

periods as (

    select * from {{ ref('int_kpi__periods') }}

),

curves_with_window as (

    select
        curves.*,
        windows.window_days,
        curves.observed_seconds <= windows.window_days * 86400 as is_inside
    from curves
    inner join windows
        on curves.metric_id = windows.metric_id

),

-- Identified: the curve is known to the end of the window, since somebody was watched
-- so long or since everybody has ended before.
ends as (

    select
        {{ cohort }},
        sum(count_ended) as count_entered,
        sum(case when is_inside then count_reached else 0 end) as count_reached,
        sum(
            case when is_inside then count_ended - count_events else 0 end
        ) as count_censored,
        coalesce(
            max(case when is_inside then cumulative_incidence end), 0
        ) as incidence,
        max(
            case
                when
                    observed_seconds >= window_days * 86400
                    or count_events = count_at_risk
                    then 1
                else 0
            end
        ) = 1 as is_identified
    from curves_with_window
    group by {{ cohort }}

),

-- Variance of a cumulative incidence by the delta method (Marubini & Valsecchi 1995,
-- 10.2).
variances as (

    select
        {% for column in cohort_columns %}
        curve.{{ column }},
        {% endfor %}
        sum(
            case
                when curve.count_events < curve.count_at_risk
                    then
                        power(ends.incidence - curve.cumulative_incidence, 2)
                        * curve.count_events
                        / (
                            curve.count_at_risk
                            * (curve.count_at_risk - curve.count_events)
                        )
                else 0
            end
            + power(curve.survival_before, 2)
            * (curve.count_at_risk - curve.count_reached)
            * curve.count_reached / power(curve.count_at_risk, 3)
            - 2 * (ends.incidence - curve.cumulative_incidence)
            * curve.survival_before * curve.count_reached
            / power(curve.count_at_risk, 2)
        ) as incidence_variance
    from curves_with_window as curve
    inner join ends
        on
        {% for column in cohort_columns %}
            {{ 'and' if not loop.first }} curve.{{ column }} = ends.{{ column }}
        {% endfor %}
    where curve.is_inside
    group by
    {% for column in cohort_columns %}
        curve.{{ column }}{{ ',' if not loop.last }}
    {% endfor %}

),

aalen_johansen as (

    select
        ends.*,
        case
            when ends.is_identified
                then round(least(ends.incidence, 1.0), 12)
        end as value,
        case
            when ends.is_identified
                then
                    round(greatest(coalesce(variances.incidence_variance, 0), 0), 15)
        end as value_variance
    from ends
    left join variances
        on
        {% for column in cohort_columns %}
            {{ 'and' if not loop.first }} ends.{{ column }} = variances.{{ column }}
        {% endfor %}

),

final as (

    select
        {{ cohort }},
        'cohort_aj' as basis,
        cast(count_reached as decimal(18, 4)) as numerator,
        cast(count_entered as decimal(18, 4)) as denominator,
        value,
        value_variance,
        -- Trials that a plain proportion would need for the same variance.
        case
            when value_variance > 0 then value * (1 - value) / value_variance
            else count_entered - count_censored
        end as count_effective_trials
    from aalen_johansen
    union all
    select
        ends.metric_id,
        ends.dimension_name,
        ends.dimension_value,
        ends.period_grain,
        ends.period_start,
        ends.window_days,
        'cohort_window' as basis,
        cast(ends.count_reached as decimal(18, 4)) as numerator,
        cast(ends.count_entered as decimal(18, 4)) as denominator,
        round(ends.count_reached / ends.count_entered, 12) as value,
        cast(null as double) as value_variance,
        ends.count_entered as count_effective_trials
    from ends
    inner join periods
        on
            ends.period_grain = periods.period_grain
            and ends.period_start = periods.period_start
    where
        {{ add_days('periods.last_date', 'ends.window_days + 1') }} <= {{ as_of() }}

)

select * from final
