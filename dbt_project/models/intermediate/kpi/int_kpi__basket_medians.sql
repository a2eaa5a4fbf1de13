{% set cell_columns = [
    'period_kind', 'period_grain', 'period_start', 'dimension_name', 'dimension_value',
] %}
{% set cell = cell_columns | join(', ') %}
with

orders as (

    select * from {{ ref('int_kpi__order_dimensions') }}
    where amount_base is not null and dimension_name <> 'product_family'

),

period_days as (

    select * from {{ ref('int_kpi__period_days') }}

),

ranked as (

    select
        period_days.period_kind,
        period_days.period_grain,
        period_days.period_start,
        orders.dimension_name,
        orders.dimension_value,
        orders.amount_base,
        row_number() over (
            partition by
                period_days.period_kind,
                period_days.period_grain,
                period_days.period_start,
                orders.dimension_name,
                orders.dimension_value
            order by orders.amount_base
        ) as amount_rank,
        count(*) over (
            partition by
                period_days.period_kind,
                period_days.period_grain,
                period_days.period_start,
                orders.dimension_name,
                orders.dimension_value
        ) as count_orders
    from orders
    inner join period_days
        on orders.order_date = period_days.date_day
    where
        period_days.period_grain <> 'day'
        or orders.dimension_name not in {{ segment_dimensions() }}

),

-- The order statistics between which the median of the population lies with 95 %.
with_bounds as (

    select
        *,
        floor((count_orders - 1.959964 * sqrt(count_orders)) / 2) as low_rank
    from ranked

),

summarised as (

    select
        {{ cell }},
        cast(max(count_orders) as decimal(18, 4)) as denominator,
        {{ percentile('amount_base', 0.5) }} as value,
        max(
            case when amount_rank = low_rank then cast(amount_base as double) end
        ) as low_amount,
        max(
            case
                when amount_rank = count_orders + 1 - low_rank
                    then cast(amount_base as double)
            end
        ) as high_amount
    from with_bounds
    group by {{ cell }}

),

final as (

    select
        period_kind,
        period_grain,
        period_start,
        'median_basket' as metric_id,
        dimension_name,
        dimension_value,
        denominator,
        value,
        power((high_amount - low_amount) / (2 * 1.959964), 2) as value_variance
    from summarised

)

select * from final
