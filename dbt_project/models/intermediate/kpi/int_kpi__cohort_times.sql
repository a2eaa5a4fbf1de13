{#- Curve, metric, share of the items that must have come, seconds of the unit. -#}
{% set quantiles = [
    ('milestone_pass_rate', 'milestone_median_days', 0.5, 86400),
    ('milestone_pass_rate', 'milestone_p75_days', 0.75, 86400),
    ('contact_hours_from_lead', 'contact_hours_from_lead_median', 0.5, 3600),
    ('contact_hours_from_lead', 'contact_hours_from_lead_p75', 0.75, 3600),
    ('contact_hours_from_mql', 'contact_hours_from_mql_median', 0.5, 3600),
    ('contact_hours_from_mql', 'contact_hours_from_mql_p75', 0.75, 3600),
] %}
{% set cohort = [
    'dimension_name', 'dimension_value', 'period_grain', 'period_start',
] | join(', ') %}
with

curves as (

    select * from {{ ref('int_kpi__cohort_curves') }}

),

-- The first instant at which the curve has come so far; NULL where it has not. The tiny
-- margin is that of the logarithms behind the curve.
final as (

    {% for curve, metric, share, unit in quantiles %}
    select
        '{{ metric }}' as metric_id,
        {{ cohort }},
        cast(sum(count_reached) as decimal(18, 4)) as numerator,
        cast(sum(count_ended) as decimal(18, 4)) as denominator,
        round(
            cast(
                min(
                    case
                        when cumulative_incidence >= {{ share }} - 0.000000001
                            then observed_seconds
                    end
                ) as double
            ) / {{ unit }},
            12
        ) as value
    from curves
    where metric_id = '{{ curve }}'
    group by {{ cohort }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
