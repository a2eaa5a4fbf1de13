{% set cohort = [
    'metric_id', 'dimension_name', 'dimension_value', 'period_grain', 'period_start',
] | join(', ') %}
with

items as (

    select * from {{ ref('int_kpi__cohort_items') }}

),

-- What ended the watch over each item. At the same second the step itself comes before
-- what competes with it, and both before the end of the watch.
observed as (

    select
        {{ cohort }},
        case
            when
                reach_seconds <= coalesce(compete_seconds, reach_seconds)
                and reach_seconds <= followup_seconds
                then reach_seconds
            when compete_seconds <= followup_seconds then compete_seconds
            else followup_seconds
        end as observed_seconds,
        case
            when
                reach_seconds <= coalesce(compete_seconds, reach_seconds)
                and reach_seconds <= followup_seconds
                then 'reached'
            when compete_seconds <= followup_seconds then 'competed'
            else 'censored'
        end as ending
    from items

),

counted as (

    select
        {{ cohort }},
        observed_seconds,
        cast(count(*) as double) as count_ended,
        cast(sum(case when ending = 'reached' then 1 else 0 end) as double)
            as count_reached,
        cast(sum(case when ending <> 'censored' then 1 else 0 end) as double)
            as count_events
    from observed
    group by {{ cohort }}, observed_seconds

),

at_risk as (

    select
        *,
        sum(count_ended) over (
            partition by {{ cohort }}
            order by observed_seconds
            rows between current row and unbounded following
        ) as count_at_risk
    from counted

),

-- The logarithm of a hazard of 1 does not exist. It can only stand at the last instant,
-- when nobody is left, so no survival before an instant needs it.
survival as (

    select
        *,
        exp(
            coalesce(
                sum(
                    case
                        when count_events < count_at_risk
                            then ln(1 - count_events / count_at_risk)
                        else 0
                    end
                ) over (
                    partition by {{ cohort }}
                    order by observed_seconds
                    rows between unbounded preceding and 1 preceding
                ),
                0
            )
        ) as survival_before
    from at_risk

),

final as (

    select
        {{ cohort }},
        observed_seconds,
        count_ended,
        count_reached,
        count_events,
        count_at_risk,
        survival_before,
        sum(survival_before * count_reached / count_at_risk) over (
            partition by {{ cohort }}
            order by observed_seconds
            rows between unbounded preceding and current row
        ) as cumulative_incidence
    from survival

)

select * from final
