{#- Column, share of what the curve must have come to. -#}
{% set quantiles = [('median', 0.5), ('p75', 0.75)] %}
{% set step_columns = [
    'dimension_name', 'dimension_value', 'period_grain', 'period_start',
] %}
{% set step = step_columns | join(', ') %}
{% set window_seconds = var('stage_window_days') ~ ' * 86400' %}
with

-- Milestones have curves of their own, where the company checks any.
curves as (

    select
        *,
        coalesce(
            lead(observed_seconds) over (
                partition by metric_id, {{ step }}
                order by observed_seconds
            ),
            {{ window_seconds }} + 1
        ) as next_seconds
    from {{ ref('int_kpi__cohort_curves') }}
    where metric_id in ('kpi3_stage_conversion', 'milestone_pass_rate')

),

-- The curve up to the window, and the area under it in days. It is known to the end of
-- the window when somebody was watched so long, or everybody has ended before.
ends as (

    select
        {{ step }},
        coalesce(
            max(
                case
                    when observed_seconds <= {{ window_seconds }}
                        then cumulative_incidence
                end
            ),
            0
        ) as incidence,
        sum(
            case
                when observed_seconds <= {{ window_seconds }}
                    then
                        cumulative_incidence
                        * (least(next_seconds, {{ window_seconds }}) - observed_seconds)
                else 0
            end
        ) / 86400 as incidence_days,
        max(
            case
                when
                    observed_seconds >= {{ window_seconds }}
                    or count_events = count_at_risk
                    then 1
                else 0
            end
        ) = 1 as is_identified
    from curves
    group by {{ step }}

),

-- The first instant at which the curve has come so far. The tiny margin is that of the
-- logarithms behind the curve.
arrivals as (

    select
        {% for column in step_columns %}
        curves.{{ column }},
        {% endfor %}
    {% for name, share in quantiles %}
    min(
        case
            when curves.cumulative_incidence >= {{ share }} - 0.000000001
                then curves.observed_seconds
        end
    ) as {{ name }}_seconds,
    min(
        case
            when
                ends.incidence > 0
                and curves.cumulative_incidence
                >= {{ share }} * ends.incidence - 0.000000001
                then curves.observed_seconds
        end
    ) as {{ name }}_seconds_of_advanced{{ ',' if not loop.last }}
    {% endfor %}
    from curves
    inner join ends
        on
        {% for column in step_columns %}
            {{ 'and' if not loop.first }} curves.{{ column }} = ends.{{ column }}
        {% endfor %}
    group by
    {% for column in step_columns %}
        curves.{{ column }}{{ ',' if not loop.last }}
    {% endfor %}

),

final as (

    select
        {% for column in step_columns %}
        ends.{{ column }},
        {% endfor %}
        {% for name, share in quantiles %}
        round(arrivals.{{ name }}_seconds / cast(86400 as double), 9)
            as {{ name }}_days_to_advance,
        case
            when ends.is_identified
                then
                    round(
                        arrivals.{{ name }}_seconds_of_advanced
                        / cast(86400 as double),
                        9
                    )
        end as {{ name }}_days_when_advanced,
        {% endfor %}
        case
            when ends.is_identified and ends.incidence > 0
                then
                    round(
                        {{ var('stage_window_days') }}
                        - ends.incidence_days / ends.incidence,
                        9
                    )
        end as days_added
    from ends
    inner join arrivals
        on
        {% for column in step_columns %}
            {{ 'and' if not loop.first }} ends.{{ column }} = arrivals.{{ column }}
        {% endfor %}

)

select * from final
