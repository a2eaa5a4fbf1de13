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

-- The headline of a metric that has cohorts is a cohort at its longest window.
headline_windows as (

    select
        metric_id,
        max(window_days) as window_days
    from {{ ref('int_kpi__cohort_windows') }}
    group by metric_id

),

actual_values as (

    select
        all_values.*,
        periods.previous_period_start,
        periods.year_ago_period_start,
        periods.is_complete,
        periods.count_working_days,
        periods.count_working_days_elapsed,
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
        end as target
    from all_values
    inner join periods
        on
            all_values.period_grain = periods.period_grain
            and all_values.period_start = periods.period_start
    left join targets
        on
            all_values.period_grain = targets.period_grain
            and all_values.period_start = targets.period_start
            and all_values.metric_id = targets.metric_id
            and all_values.dimension_name = targets.dimension_name
            and all_values.dimension_value = targets.dimension_value
    left join headline_windows
        on all_values.metric_id = headline_windows.metric_id
    where all_values.period_kind = 'actual'

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
        metrics.unit
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
            when metric_kind in ('count', 'stock') then {{ poisson_low('value') }}
            when value is not null and count_effective_trials > 0
                then {{ wilson_low('value', 'count_effective_trials') }}
        end as ci_low,
        case
            when metric_kind in ('count', 'stock') then {{ poisson_high('value') }}
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
        value - target as gap_abs,
        case when target <> 0 then (value - target) / target end as gap_rel,
        case when target <> 0 then value / target end as attainment,
        case
            when metric_kind in ('count', 'amount') and count_working_days > 0
                then
                    value
                    - target * count_working_days_elapsed / count_working_days
        end as gap_paced
    from compared

)

select * from final
