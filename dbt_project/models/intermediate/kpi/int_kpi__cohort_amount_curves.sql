{% set cohort = 'dimension_name, dimension_value, period_grain, period_start' %}
with

-- An item without an amount has no weight on either side. The watch ends with the
-- window: what comes after it cannot move the value at its end.
items as (

    select
        {{ cohort }},
        item_amount,
        reach_seconds,
        compete_seconds,
        least(
            followup_seconds, {{ var('stage_window_days') }} * 86400
        ) as watched_seconds
    from {{ ref('int_kpi__cohort_stage_items') }}
    where metric_id = 'kpi3_stage_conversion' and item_amount > 0

),

observed as (

    select
        {{ cohort }},
        item_amount,
        case
            when
                reach_seconds <= coalesce(compete_seconds, reach_seconds)
                and reach_seconds <= watched_seconds
                then reach_seconds
            when compete_seconds <= watched_seconds then compete_seconds
            else watched_seconds
        end as observed_seconds,
        case
            when
                reach_seconds <= coalesce(compete_seconds, reach_seconds)
                and reach_seconds <= watched_seconds
                then 'reached'
            when compete_seconds <= watched_seconds then 'competed'
            else 'censored'
        end as ending
    from items

),

-- Amounts are added as decimals, so that a hazard of 1 is exactly that.
counted as (

    select
        {{ cohort }},
        observed_seconds,
        count(*) as count_ended,
        sum(item_amount) as amount_ended,
        sum(case when ending = 'reached' then item_amount else 0 end)
            as amount_reached,
        sum(case when ending <> 'censored' then item_amount else 0 end)
            as amount_events,
    {% for ending in ['reached', 'competed', 'censored'] %}
    sum(
        case
            when ending = '{{ ending }}'
                then {{ squared('item_amount') }}
            else 0
        end
    ) as squares_{{ ending }}{{ ',' if not loop.last }}
    {% endfor %}
    from observed
    group by {{ cohort }}, observed_seconds

),

at_risk as (

    select
        *,
        sum(amount_ended) over (
            partition by {{ cohort }}
            order by observed_seconds
            rows between current row and unbounded following
        ) as amount_at_risk
    from counted

),

hazards as (

    select
        *,
        amount_events = amount_at_risk as is_last_hazard,
        cast(amount_reached as double) / cast(amount_at_risk as double)
            as reach_hazard,
        case
            when amount_events < amount_at_risk
                then
                    cast(amount_events as double) / cast(amount_at_risk as double)
            else 0
        end as survivable_hazard
    from at_risk

),

survival as (

    select
        *,
        exp(
            coalesce(
                sum(ln(1 - survivable_hazard)) over (
                    partition by {{ cohort }}
                    order by observed_seconds
                    rows between unbounded preceding and 1 preceding
                ),
                0
            )
        ) as survival_before
    from hazards

),

final as (

    select
        'kpi3_stage_conversion_amount' as metric_id,
        {{ cohort }},
        observed_seconds,
        cast(count_ended as bigint) as count_ended,
        cast(amount_ended as double) as amount_ended,
        cast(amount_reached as double) as amount_reached,
        cast(amount_events as double) as amount_events,
        cast(amount_at_risk as double) as amount_at_risk,
        is_last_hazard,
        cast(squares_reached as double) as squares_reached,
        cast(squares_competed as double) as squares_competed,
        cast(squares_censored as double) as squares_censored,
        survival_before,
        sum(survival_before * reach_hazard) over (
            partition by {{ cohort }}
            order by observed_seconds
            rows between unbounded preceding and current row
        ) as cumulative_incidence
    from survival

)

select * from final
