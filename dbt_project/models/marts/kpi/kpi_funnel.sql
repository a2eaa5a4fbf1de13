{% set counted = [
    'funnel_name', 'funnel_month', 'dimension_name', 'dimension_value', 'count_kind',
] %}
with

counts as (

    select * from {{ ref('int_kpi__funnel_counts') }}

),

cohort_values as (

    select * from {{ ref('int_kpi__cohort_values') }}
    where metric_id in ('funnel_next', 'funnel_start')

),

audience_values as (

    select * from {{ ref('int_kpi__audience_funnel') }}

),

periods as (

    select * from {{ ref('int_kpi__periods') }}
    where period_grain = 'month'

),

bases as (

    select
        'period' as basis,
        'period' as count_kind
    union all
    select
        'cohort_window' as basis,
        'cohort' as count_kind
    union all
    select
        'cohort_aj' as basis,
        'cohort' as count_kind

),

entered as (

    select
        bases.basis,
        counts.*,
        first_steps.count_entered as count_started,
        case
            when not counts.is_last_step then coalesce(later_steps.count_entered, 0)
        end as count_next,
        counts.funnel_name || '/' || cast(counts.step_number as string) || '/'
        || counts.dimension_name as series_name
    from counts
    inner join bases
        on counts.count_kind = bases.count_kind
    left join counts as first_steps
        on
            first_steps.step_number = 1
            {% for column in counted %}
            and counts.{{ column }} = first_steps.{{ column }}
            {% endfor %}
    left join counts as later_steps
        on
            counts.step_number + 1 = later_steps.step_number
            {% for column in counted %}
            and counts.{{ column }} = later_steps.{{ column }}
            {% endfor %}

),

steps as (

    select
        entered.funnel_month as cohort_month,
        entered.funnel_name,
        entered.step_number,
        entered.step_name,
        entered.dimension_name,
        entered.dimension_value,
        entered.basis,
        entered.count_started,
        entered.count_entered,
        case
            when entered.basis = 'period' then entered.count_next
            else cast(next_values.numerator as bigint)
        end as count_reached,
        case
            when entered.basis = 'period'
                then {{ ratio('entered.count_next', 'entered.count_entered') }}
            else next_values.value
        end as conversion_to_next,
        case
            when entered.basis <> 'period'
                then next_values.count_effective_trials
            when entered.count_next <= entered.count_entered
                then cast(entered.count_entered as double)
        end as next_trials,
        case
            when entered.step_number = 1 then null
            when entered.basis = 'period'
                then {{ ratio('entered.count_entered', 'entered.count_started') }}
            else start_values.value
        end as conversion_from_start,
        case
            when entered.basis <> 'period'
                then start_values.count_effective_trials
            when entered.count_entered <= entered.count_started
                then cast(entered.count_started as double)
        end as start_trials
    from entered
    left join cohort_values as next_values
        on
            entered.series_name = next_values.dimension_name
            and entered.dimension_value = next_values.dimension_value
            and entered.funnel_month = next_values.period_start
            and entered.basis = next_values.basis
            and next_values.metric_id = 'funnel_next'
            -- A step is entered after the month of the cohort: the plain ratio is
            -- known once the last one who entered it has had the window.
            and (
                entered.basis = 'cohort_aj'
                or {{ add_days(
                    business_date('entered.last_entered_at'),
                    'next_values.window_days + 1'
                ) }} <= {{ as_of() }}
            )
    left join cohort_values as start_values
        on
            entered.series_name = start_values.dimension_name
            and entered.dimension_value = start_values.dimension_value
            and entered.funnel_month = start_values.period_start
            and entered.basis = start_values.basis
            and start_values.metric_id = 'funnel_start'

),

unioned as (

    select * from steps
    union all
    select * from audience_values

),

final as (

    select
        unioned.cohort_month,
        unioned.funnel_name,
        unioned.step_number,
        unioned.step_name,
        unioned.dimension_name,
        unioned.dimension_value,
        unioned.basis,
        {{ as_of() }} as as_of,
        unioned.count_started,
        unioned.count_entered,
        unioned.count_reached,
        unioned.conversion_to_next,
        {% for name, column, trials in [
            ('to_next', 'conversion_to_next', 'next_trials'),
            ('from_start', 'conversion_from_start', 'start_trials'),
        ] %}
        {% if name == 'from_start' %}
        unioned.conversion_from_start,
        {% endif %}
        case
            when unioned.{{ column }} is not null and unioned.{{ trials }} > 0
                then {{ wilson_low('unioned.' ~ column, 'unioned.' ~ trials) }}
        end as {{ name }}_ci_low,
        case
            when unioned.{{ column }} is not null and unioned.{{ trials }} > 0
                then {{ wilson_high('unioned.' ~ column, 'unioned.' ~ trials) }}
        end as {{ name }}_ci_high,
        {% endfor %}
        coalesce(unioned.count_entered, 0) < 20 as is_low_n,
        periods.is_complete,
        {{ add_days('periods.last_date', var('funnel_window_days') ~ ' + 1') }}
        <= {{ as_of() }} as is_mature
    from unioned
    inner join periods
        on unioned.cohort_month = periods.period_start

)

select * from final
