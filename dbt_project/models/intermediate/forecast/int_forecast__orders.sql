with

orders as (

    select * from {{ ref('int_orders__resolved') }}

),

order_records as (

    select * from {{ ref('stg_files__orders') }}

),

closings as (

    select * from {{ ref('int_deals__closings') }}

),

changes as (

    select * from {{ ref('int_deals__changes') }}

),

-- Where won deals are the orders, one is known when the winning is recorded.
winnings as (

    select
        closings.deal_id,
        changes.recorded_at
    from closings
    inner join changes
        on
            closings.deal_id = changes.deal_id
            and closings.closing_number = changes.change_number

),

final as (

    select
        orders.order_id,
        orders.order_date,
        coalesce(
            {{ business_date('order_records.recorded_at') }},
            {{ business_date('winnings.recorded_at') }},
            orders.order_date
        ) as recorded_date,
        orders.cancelled_date,
        orders.deal_id,
        orders.customer_id,
        orders.amount_base
    from orders
    left join order_records
        on
            orders.order_id = order_records.order_id
            and '{{ var("orders_from") }}' = 'orders'
    left join winnings
        on
            orders.order_id = winnings.deal_id
            and '{{ var("orders_from") }}' = 'won_deals'

)

select * from final
