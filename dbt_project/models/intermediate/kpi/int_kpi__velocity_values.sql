{% set cohort_columns = [
    'dimension_name', 'dimension_value', 'period_grain', 'period_start',
] %}
{% set cohort = cohort_columns | join(', ') %}
{% set window_seconds = var('win_window_days') ~ ' * 86400' %}
{#- Metric, value, variance. -#}
{% set parts = [
    ('average_won_amount', 'average_amount', 'average_variance'),
    ('cycle_days', 'mean_days', 'cast(null as double)'),
    ('sales_velocity', 'velocity', 'cast(null as double)'),
] %}
with

items as (

    select * from {{ ref('int_kpi__cohort_deal_items') }}
    where period_grain <> 'week'

),

curves as (

    select
        *,
        lead(observed_seconds) over (
            partition by {{ cohort }}
            order by observed_seconds
        ) as next_seconds
    from {{ ref('int_kpi__cohort_curves') }}
    where
        metric_id = 'win_rate'
        and period_grain <> 'week'
        and observed_seconds <= {{ window_seconds }}

),

win_rates as (

    select * from {{ ref('int_kpi__cohort_values') }}
    where
        metric_id = 'win_rate'
        and basis = 'cohort_aj'
        and window_days = {{ var('win_window_days') }}

),

-- The area under the incidence up to the window; the incidence at its end, less that
-- area in days, is the mean time to the win of those who win.
areas as (

    select
        {{ cohort }},
        sum(
            cumulative_incidence
            * (coalesce(next_seconds, {{ window_seconds }}) - observed_seconds)
        ) / 86400 as incidence_days
    from curves
    group by {{ cohort }}

),

won as (

    select
        {{ cohort }},
        count(item_amount) as count_won,
        sum(item_amount) as amount_won,
        sum({{ squared('item_amount') }}) as squares_won
    from items
    where reach_seconds <= {{ window_seconds }} and reach_seconds <= followup_seconds
    group by {{ cohort }}

),

means as (

    select
        {% for column in cohort_columns %}
        win_rates.{{ column }},
        {% endfor %}
        win_rates.denominator as count_created,
        win_rates.value as win_rate,
        won.count_won,
        won.amount_won,
        cast(won.squares_won as double) as squares_won,
        {{ ratio('won.amount_won', 'won.count_won') }} as average_amount,
        case
            when win_rates.value > 0
                then
                    round(
                        {{ var('win_window_days') }}
                        - areas.incidence_days / win_rates.value,
                        9
                    )
        end as mean_days
    from win_rates
    inner join areas
        on
        {% for column in cohort_columns %}
            {{ 'and' if not loop.first }} win_rates.{{ column }} = areas.{{ column }}
        {% endfor %}
    left join won
        on
        {% for column in cohort_columns %}
            {{ 'and' if not loop.first }} win_rates.{{ column }} = won.{{ column }}
        {% endfor %}

),

multiplied as (

    select
        *,
        case
            when count_won > 1
                then
                    greatest(
                        squares_won - count_won * average_amount * average_amount, 0
                    ) / (count_won * (count_won - 1))
        end as average_variance,
        case
            when mean_days > 0
                then
                    round(
                        cast(count_created as double) * win_rate * average_amount
                        / mean_days,
                        6
                    )
        end as velocity
    from means

),

final as (

    {% for metric, value, variance in parts %}
    select
        'actual' as period_kind,
        period_grain,
        period_start,
        '{{ metric }}' as metric_id,
        dimension_name,
        dimension_value,
        'cohort_aj' as basis,
        cast({{ var('win_window_days') }} as bigint) as window_days,
        {% if metric == 'average_won_amount' %}
        cast(amount_won as decimal(18, 4)) as numerator,
        cast(count_won as decimal(18, 4)) as denominator,
        {% else %}
        cast(null as decimal(18, 4)) as numerator,
        cast(null as decimal(18, 4)) as denominator,
        {% endif %}
        {{ value }} as value,
        {{ variance }} as value_variance,
        cast(null as double) as count_effective_trials,
        cast(coalesce(count_won, 0) as decimal(18, 4)) as count_observed
    from multiplied
    where win_rate is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
