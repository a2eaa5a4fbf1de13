with

orders as (

    select
        order_date,
        amount_base,
        coalesce(owner_id, 'unassigned') as owner_id
    from {{ ref('fct_orders') }}
    where amount_base is not null

),

period_days as (

    select * from {{ ref('int_kpi__period_days') }}

),

final as (

    {% for name, expression in [('total', "'all'"), ('owner', 'orders.owner_id')] %}
    select
        period_days.period_kind,
        period_days.period_grain,
        period_days.period_start,
        'median_basket' as metric_id,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        cast(count(*) as decimal(18, 4)) as denominator,
        {{ percentile('orders.amount_base', 0.5) }} as value
    from orders
    inner join period_days
        on orders.order_date = period_days.date_day
    group by
        period_days.period_kind,
        period_days.period_grain,
        period_days.period_start,
        {{ expression }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
