{% set period = 'period_kind, period_grain, period_start, stage_id' %}
with

reaches as (

    select * from {{ ref('int_kpi__stage_reaches') }}
    where amount_at_reach_base > 0

),

period_days as (

    select * from {{ ref('int_kpi__period_days') }}

),

sides as (

    select
        deal_id,
        stage_id,
        amount_at_reach_base,
        next_reached_date as event_date,
        1 as is_numerator
    from reaches
    union all
    select
        deal_id,
        stage_id,
        amount_at_reach_base,
        first_reached_date as event_date,
        0 as is_numerator
    from reaches

),

-- A deal that stands on both sides of one period is one deal for the variance.
deals_of_period as (

    select
        period_days.period_kind,
        period_days.period_grain,
        period_days.period_start,
        sides.stage_id,
        sides.deal_id,
        max(sides.amount_at_reach_base) as amount,
        max(sides.is_numerator) as is_reached,
        max(1 - sides.is_numerator) as is_entered
    from sides
    inner join period_days
        on sides.event_date = period_days.date_day
    group by
        period_days.period_kind,
        period_days.period_grain,
        period_days.period_start,
        sides.stage_id,
        sides.deal_id

),

squared as (

    select
        *,
        {{ squared('amount') }} as amount_squared
    from deals_of_period

),

summed as (

    select
        {{ period }},
        sum(case when is_reached = 1 then amount else 0 end) as amount_reached,
        sum(case when is_entered = 1 then amount else 0 end) as amount_entered,
        cast(sum(case when is_reached = 1 then amount_squared else 0 end) as double)
            as squares_reached,
        cast(sum(case when is_entered = 1 then amount_squared else 0 end) as double)
            as squares_entered,
        cast(
            sum(
                case
                    when is_reached = 1 and is_entered = 1 then amount_squared else 0
                end
            ) as double
        )
            as squares_both,
        sum(is_entered) as count_observed
    from squared
    group by {{ period }}

),

with_value as (

    select
        *,
        {{ ratio('amount_reached', 'amount_entered') }} as value
    from summed

),

with_variance as (

    select
        *,
        case
            when amount_entered > 0
                then
                    greatest(
                        squares_reached - 2 * value * squares_both
                        + value * value * squares_entered,
                        0
                    )
                    / power(cast(amount_entered as double), 2)
        end as value_variance
    from with_value

),

final as (

    select
        period_kind,
        period_grain,
        period_start,
        'kpi3_stage_conversion_amount' as metric_id,
        'stage' as dimension_name,
        stage_id as dimension_value,
        'period' as basis,
        cast(0 as bigint) as window_days,
        cast(amount_reached as decimal(18, 4)) as numerator,
        cast(amount_entered as decimal(18, 4)) as denominator,
        value,
        value_variance,
        {{ effective_trials(
            'value', 'value_variance', 'cast(amount_entered as double)',
            'squares_entered'
        ) }} as count_effective_trials,
        cast(count_observed as decimal(18, 4)) as count_observed
    from with_variance

)

select * from final
