{#- Column, metric, its value, basis. -#}
{% set conversion = 'kpi3_stage_conversion' %}
{% set measures = [
    ('count_entered', conversion, 'denominator', 'cohort_aj'),
    ('conversion_period', conversion, 'value', 'period'),
    ('conversion_cohort_window', conversion, 'value', 'cohort_window'),
    ('conversion_cohort_aj', conversion, 'value', 'cohort_aj'),
    ('conversion_ci_low', conversion, 'ci_low', 'cohort_aj'),
    ('conversion_ci_high', conversion, 'ci_high', 'cohort_aj'),
    ('conversion_touched', conversion ~ '_touched', 'value', 'cohort_aj'),
    ('conversion_strict', conversion ~ '_strict', 'value', 'cohort_aj'),
    ('conversion_amount_period', conversion ~ '_amount', 'value', 'period'),
    ('conversion_amount_cohort_window', conversion ~ '_amount', 'value', 'cohort_window'),
    ('conversion_amount_cohort_aj', conversion ~ '_amount', 'value', 'cohort_aj'),
    ('conversion_amount_ci_low', conversion ~ '_amount', 'ci_low', 'cohort_aj'),
    ('conversion_amount_ci_high', conversion ~ '_amount', 'ci_high', 'cohort_aj'),
    ('losses_count', 'losses_count', 'value', 'period'),
    ('losses_amount', 'losses_amount', 'value', 'period'),
    ('losses_rate', 'losses_rate', 'value', 'period'),
    ('losses_share', 'losses_share', 'value', 'period'),
] %}
{% set grains = ['week', 'month', 'quarter', 'fiscal_year'] %}
with

-- A milestone is passed as a stage is: its pass rate stands where the conversion does.
kpi_values as (

    select
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        basis,
        denominator,
        value,
        ci_low,
        ci_high,
        case
            when metric_id = 'milestone_pass_rate' then '{{ conversion }}'
            else metric_id
        end as metric_id
    from {{ ref('kpi_values') }}
    where
        period_grain in {{ text_list(grains) }}
        and dimension_name in ('stage', 'milestone')
        and metric_id in (
            'milestone_pass_rate', '{{ conversion }}', '{{ conversion }}_touched',
            '{{ conversion }}_strict', '{{ conversion }}_amount', 'losses_count',
            'losses_amount', 'losses_rate', 'losses_share'
        )

),

stages as (

    select * from {{ ref('dim_stages') }}

),

step_times as (

    select * from {{ ref('int_kpi__step_times') }}

),

visit_counts as (

    select * from {{ ref('int_kpi__stage_visit_counts') }}

),

curves as (

    select * from {{ ref('int_kpi__cohort_curves') }}
    where metric_id = 'stage_win_chance'

),

steps as (

    select
        dimension_name,
        dimension_value,
        period_grain,
        period_start,
    {% for column, metric, measure, basis in measures %}
    max(
        case
            when metric_id = '{{ metric }}' and basis = '{{ basis }}' then {{ measure }}
        end
    ) as {{ column }}{{ ',' if not loop.last }}
    {% endfor %}
    from kpi_values
    group by dimension_name, dimension_value, period_grain, period_start

),

-- Of what a deal is worth at a stage, the share that is won in the end.
win_chances as (

    select
        dimension_value as stage_id,
        round(max(cumulative_incidence), 12) as win_chance
    from curves
    group by dimension_value

),

-- A deal that had passed its stage would have stood at the next one.
chances_after as (

    select
        stages.stage_id,
        stages.pipeline_name,
        stages.stage_rank,
        case
            when next_stages.stage_type = 'won' then 1
            else win_chances.win_chance
        end as win_chance_after
    from stages
    left join stages as next_stages
        on stages.next_stage_id = next_stages.stage_id
    left join win_chances
        on stages.next_stage_id = win_chances.stage_id

),

final as (

    select
        steps.dimension_name as step_type,
        steps.dimension_value as step_id,
        steps.period_grain,
        steps.period_start,
        {{ as_of() }} as as_of,
        chances_after.pipeline_name,
        chances_after.stage_rank,
        {% for column, metric, measure, basis in measures %}
        steps.{{ column }},
        {% endfor %}
        coalesce(steps.count_entered, 0) < 20 as is_low_n,
        step_times.median_days_to_advance,
        step_times.p75_days_to_advance,
        step_times.median_days_when_advanced,
        step_times.p75_days_when_advanced,
        visit_counts.count_visits,
        visit_counts.count_visits_advanced,
        visit_counts.count_visits_lost,
        visit_counts.count_visits_went_back,
        visit_counts.count_visits_open,
        visit_counts.count_visits_stalled,
        round(steps.losses_amount * chances_after.win_chance_after, 4)
            as order_value_lost,
        step_times.days_added
    from steps
    left join chances_after
        on
            steps.dimension_name = 'stage'
            and steps.dimension_value = chances_after.stage_id
    left join step_times
        on
            steps.dimension_name = step_times.dimension_name
            and steps.dimension_value = step_times.dimension_value
            and steps.period_grain = step_times.period_grain
            and steps.period_start = step_times.period_start
    left join visit_counts
        on
            steps.dimension_name = 'stage'
            and steps.dimension_value = visit_counts.stage_id
            and steps.period_grain = visit_counts.period_grain
            and steps.period_start = visit_counts.period_start

)

select * from final
