{% set series = [
    'metric_id', 'dimension_name', 'dimension_value', 'basis', 'window_days',
    'period_grain',
] %}
{% set comparisons = ['previous', 'year_ago', 'elapsed'] %}
with

all_values as (

    select * from {{ ref('int_kpi__values') }}

),

periods as (

    select * from {{ ref('int_kpi__periods') }}

),

metrics as (

    select * from {{ ref('int_kpi__metrics') }}

),

targets as (

    select * from {{ ref('int_kpi__targets') }}

),

reported_values as (

    select * from {{ ref('kpi_reported_values') }}

),

forecast_values as (

    select * from {{ ref('int_kpi__forecast_values') }}

),

projections as (

    select * from {{ ref('int_kpi__order_projections') }}

),

-- The headline of a metric that has cohorts is a cohort at its longest window.
headline_windows as (

    select
        metric_id,
        max(window_days) as window_days
    from {{ ref('int_kpi__cohort_windows') }}
    group by metric_id

),

-- What is expected of a month that is to come stands beside what was measured: without
-- an evolution, held against the target of what it foretells.
actual_values as (

    select
        all_values.*,
        forecast_values.value_low as forecast_low,
        forecast_values.value_high as forecast_high,
        -- Nothing is to come of a complete period, nor beyond what a forecast says.
        case
            when
                all_values.metric_kind = 'forecast'
                or (
                    periods.is_complete
                    and all_values.metric_kind in ('count', 'amount')
                )
                then all_values.value
            else all_values.value + projections.rest_expected
        end as projected_value,
        periods.previous_period_start,
        periods.year_ago_period_start,
        periods.is_complete,
        case
            when
                all_values.metric_kind in ('count', 'amount')
                and periods.count_working_days > 0
                then
                    cast(periods.count_working_days_elapsed as double)
                    / periods.count_working_days
        end as elapsed_share,
        reported_values.value as value_as_reported,
        case
            when
                all_values.period_grain in ('month', 'quarter', 'fiscal_year')
                and (
                    headline_windows.metric_id is null
                    or (
                        all_values.basis in ('cohort_aj', 'cohort_window')
                        and all_values.window_days = headline_windows.window_days
                    )
                    -- People who are only counted have no cohort.
                    or (
                        all_values.basis = 'period'
                        and all_values.dimension_name = 'audience_type'
                        and all_values.dimension_value in ('web_site', 'footfall')
                    )
                )
                then targets.target
        end as target,
        targets.target_high
    from all_values
    left join periods
        on
            all_values.period_grain = periods.period_grain
            and all_values.period_start = periods.period_start
    left join forecast_values
        on
            all_values.period_kind = 'forecast'
            and all_values.metric_id = forecast_values.metric_id
            and all_values.period_start = forecast_values.period_start
            and all_values.dimension_name = forecast_values.dimension_name
            and all_values.dimension_value = forecast_values.dimension_value
    left join projections
        on
            all_values.period_grain = projections.period_grain
            and all_values.period_start = projections.period_start
            and all_values.metric_id = projections.metric_id
            and all_values.dimension_name = 'total'
    left join targets
        on
            all_values.period_grain = targets.period_grain
            and all_values.period_start = targets.period_start
            and coalesce(forecast_values.target_metric_id, all_values.metric_id)
            = targets.metric_id
            and all_values.dimension_name = targets.dimension_name
            and all_values.dimension_value = targets.dimension_value
    -- A complete period was reported once; of a running one each day's figure is kept.
    left join reported_values
        on
            periods.is_complete = reported_values.is_complete
            and (
                periods.is_complete
                or reported_values.reported_as_of = {{ as_of() }}
            )
            {% for column in series + ['period_start'] %}
            and all_values.{{ column }} = reported_values.{{ column }}
            {% endfor %}
    left join headline_windows
        on all_values.metric_id = headline_windows.metric_id
    where
        all_values.period_kind = 'forecast'
        or (all_values.period_kind = 'actual' and periods.period_start is not null)

),

-- A complete period is compared with the whole one before it, a running one with as
-- many working days of it as have elapsed.
compared as (

    select
        actual_values.*,
        {% for comparison in comparisons %}
        {{ comparison }}_values.value as value_{{ comparison }},
        {{ evolution_signal('actual_values', comparison ~ '_values') }}
            as evolution_signal_{{ comparison }},
        {% endfor %}
        metrics.unit,
        metrics.direction,
        cast(actual_values.denominator as double) as count_cases
    from actual_values
    inner join metrics
        on actual_values.metric_id = metrics.metric_id
    left join all_values as previous_values
        on
            actual_values.previous_period_start = previous_values.period_start
            and previous_values.period_kind = 'actual'
            {% for column in series %}
            and actual_values.{{ column }} = previous_values.{{ column }}
            {% endfor %}
    left join all_values as year_ago_values
        on
            actual_values.year_ago_period_start = year_ago_values.period_start
            and year_ago_values.period_kind = 'actual'
            {% for column in series %}
            and actual_values.{{ column }} = year_ago_values.{{ column }}
            {% endfor %}
    left join all_values as elapsed_values
        on
            case
                when actual_values.is_complete then actual_values.previous_period_start
                else actual_values.period_start
            end = elapsed_values.period_start
            and case when actual_values.is_complete then 'actual' else 'elapsed' end
            = elapsed_values.period_kind
            {% for column in series %}
            and actual_values.{{ column }} = elapsed_values.{{ column }}
            {% endfor %}

),

-- What a value is held against: its target, or the nearest point of a band; paced by
-- the working days that have elapsed.
aimed as (

    select
        *,
        case
            when target is not null
                then greatest(target, least(value, coalesce(target_high, target)))
        end as aim,
        case
            when target is not null and elapsed_share is not null
                then
                    greatest(
                        target * elapsed_share,
                        least(value, coalesce(target_high, target) * elapsed_share)
                    )
        end as paced_aim,
        case
            when target is not null
                then
                    greatest(
                        target,
                        least(projected_value, coalesce(target_high, target))
                    )
        end as projected_aim
    from compared

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
        {{ as_of() }} as as_of,
        numerator,
        denominator,
        value,
        unit,
        case
            when metric_kind = 'forecast' then forecast_low
            when metric_kind in ('count', 'stock') then {{ poisson_low('value') }}
            when metric_kind = 'amount'
                then {{ amount_low('value', 'value_variance') }}
            when metric_kind in ('average', 'median')
                then {{ mean_low('value', 'value_variance', 'count_cases') }}
            when value is not null and count_effective_trials > 0
                then {{ wilson_low('value', 'count_effective_trials') }}
        end as ci_low,
        case
            when metric_kind = 'forecast' then forecast_high
            when metric_kind in ('count', 'stock') then {{ poisson_high('value') }}
            when metric_kind = 'amount'
                then {{ amount_high('value', 'value_variance') }}
            when metric_kind in ('average', 'median')
                then {{ mean_high('value', 'value_variance', 'count_cases') }}
            when value is not null and count_effective_trials > 0
                then {{ wilson_high('value', 'count_effective_trials') }}
        end as ci_high,
        coalesce(count_observed, 0) < 20 as is_low_n,
        {% for comparison in comparisons %}
        value - value_{{ comparison }} as evolution_abs_{{ comparison }},
        case
            when value_{{ comparison }} <> 0
                then (value - value_{{ comparison }}) / abs(value_{{ comparison }})
        end as evolution_rel_{{ comparison }},
        evolution_signal_{{ comparison }},
        {% endfor %}
        target,
        case when target is not null then target_high end as target_high,
        value - aim as gap_abs,
        case when aim <> 0 then (value - aim) / aim end as gap_rel,
        case when aim <> 0 then value / aim end as attainment,
        value - paced_aim as gap_paced,
        projected_value - projected_aim as gap_projected,
        case direction
            when 'maximise' then value >= coalesce(paced_aim, aim)
            when 'minimise' then value <= coalesce(paced_aim, aim)
            else value = coalesce(paced_aim, aim)
        end as is_on_target,
        value_as_reported
    from aimed

)

select * from final
