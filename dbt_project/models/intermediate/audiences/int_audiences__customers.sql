with

orders as (

    select * from {{ ref('int_orders__resolved') }}

),

final as (

    select
        customer_id,
        order_date as first_order_date
    from orders
    where purchase_number = 1

)

select * from final
