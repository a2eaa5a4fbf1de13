{% set series = [
    'metric_id', 'dimension_name', 'dimension_value',
] | join(', ') %}
{% set period = [
    'period_kind', 'period_grain', 'period_start',
] | join(', ') %}
with

credits as (

    select * from {{ ref('fct_attribution_credits') }}

),

period_days as (

    select * from {{ ref('int_kpi__period_days') }}
    where period_grain in ('month', 'quarter', 'fiscal_year')

),

shares as (

    select
        conversion_type,
        conversion_id,
        conversion_date,
        cancelled_date,
        'channel:' || model_name as dimension_name,
        channel_name as dimension_value,
        sum(credit) as credit,
        sum(credited_amount_base) as amount_base
    from credits
    group by
        conversion_type, conversion_id, conversion_date, cancelled_date,
        model_name, channel_name

),

-- As in the net order amount, a cancellation is negative in its own period. Decimals
-- add up to the same whatever their order.
dated_shares as (

    select
        case conversion_type
            when 'mql' then 'attributed_mqls'
            when 'sql' then 'attributed_sqls'
            else 'attributed_orders'
        end as metric_id,
        dimension_name,
        dimension_value,
        conversion_date as event_date,
        cast(credit as decimal(30, 12)) as amount
    from shares
    union all
    {% for date, sign in [('conversion_date', ''), ('cancelled_date', '-')] %}
    select
        'attributed_orders_amount' as metric_id,
        dimension_name,
        dimension_value,
        {{ date }} as event_date,
        {{ sign }}cast(amount_base as decimal(30, 12)) as amount
    from shares
    where
        conversion_type = 'order'
        and amount_base is not null
        and {{ date }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

first_days as (

    select
        {{ series }},
        min(event_date) as first_event_date
    from dated_shares
    group by {{ series }}

),

period_windows as (

    select
        {{ period }},
        max(date_day) as last_date
    from period_days
    group by {{ period }}

),

summed as (

    select
        {{ period }},
        {{ series }},
        cast(sum(dated_shares.amount) as double) as amount,
        sum(
            cast(
                cast(dated_shares.amount as double)
                * cast(dated_shares.amount as double) as decimal(38, 8)
            )
        ) as sum_of_squares,
        count(*) as count_observed
    from dated_shares
    inner join period_days
        on dated_shares.event_date = period_days.date_day
    group by {{ period }}, {{ series }}

),

-- From its first credit on, a channel without one has 0. A share varies as its square
-- (compound Poisson).
final as (

    select
        period_windows.period_kind,
        period_windows.period_grain,
        period_windows.period_start,
        first_days.metric_id,
        first_days.dimension_name,
        first_days.dimension_value,
        cast(round(coalesce(summed.amount, 0), 4) as decimal(18, 4)) as numerator,
        round(coalesce(summed.amount, 0), 4) as value,
        round(cast(coalesce(summed.sum_of_squares, 0) as double), 8)
            as value_variance,
        cast(coalesce(summed.count_observed, 0) as decimal(18, 4)) as count_observed
    from first_days
    inner join period_windows
        on first_days.first_event_date <= period_windows.last_date
    left join summed
        on
            period_windows.period_kind = summed.period_kind
            and period_windows.period_grain = summed.period_grain
            and period_windows.period_start = summed.period_start
            and first_days.metric_id = summed.metric_id
            and first_days.dimension_name = summed.dimension_name
            and first_days.dimension_value = summed.dimension_value

)

select * from final
