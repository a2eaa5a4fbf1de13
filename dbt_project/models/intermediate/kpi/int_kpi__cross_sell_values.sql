with

orders as (

    select * from {{ ref('int_orders__resolved') }}
    where purchase_number is not null

),

order_lines as (

    select * from {{ ref('fct_order_lines') }}

),

period_days as (

    select * from {{ ref('int_kpi__period_days') }}

),

-- An order without lines makes its customer active; it is of no family.
purchases as (

    select distinct
        orders.customer_id,
        orders.order_date,
        order_lines.product_family
    from orders
    left join order_lines
        on orders.order_id = order_lines.order_id

),

period_ends as (

    select
        period_kind,
        period_grain,
        period_start,
        max(date_day) as last_date
    from period_days
    where period_grain in ('month', 'quarter', 'fiscal_year')
    group by period_kind, period_grain, period_start

),

active_customers as (

    select
        period_ends.period_kind,
        period_ends.period_grain,
        period_ends.period_start,
        purchases.customer_id,
        count(distinct purchases.product_family) as count_families
    from purchases
    inner join period_ends
        on
            purchases.order_date <= period_ends.last_date
            and purchases.order_date > {{ add_months('period_ends.last_date', -12) }}
    group by
        period_ends.period_kind,
        period_ends.period_grain,
        period_ends.period_start,
        purchases.customer_id

),

counted as (

    select
        period_kind,
        period_grain,
        period_start,
        cast(
            sum(case when count_families >= 2 then 1 else 0 end) as decimal(18, 4)
        ) as numerator,
        cast(count(*) as decimal(18, 4)) as denominator
    from active_customers
    group by period_kind, period_grain, period_start

),

final as (

    select
        period_kind,
        period_grain,
        period_start,
        'cross_sell_rate' as metric_id,
        'total' as dimension_name,
        'all' as dimension_value,
        'period' as basis,
        cast(0 as bigint) as window_days,
        numerator,
        denominator,
        {{ ratio('numerator', 'denominator') }} as value,
        cast(null as double) as value_variance,
        cast(denominator as double) as count_effective_trials,
        denominator as count_observed
    from counted

)

select * from final
