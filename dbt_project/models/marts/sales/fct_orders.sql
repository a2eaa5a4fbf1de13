with

orders as (

    select * from {{ ref('int_orders__resolved') }}

),

final as (

    select
        order_id,
        order_number,
        company_id,
        person_id,
        owner_id,
        deal_id,
        order_date,
        ordered_at,
        cancelled_date,
        amount,
        currency_code,
        amount_base,
        case
            when customer_id is not null then coalesce(purchase_number = 1, false)
        end as is_first_order_of_customer,
        customer_id,
        customer_type
    from orders

)

select * from final
