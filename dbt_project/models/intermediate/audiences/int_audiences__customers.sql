with

orders as (

    select * from {{ ref('int_orders__current') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

companies as (

    select * from {{ ref('int_identity__companies') }}

),

-- A cancelled order made nobody a customer.
buyers as (

    select
        coalesce(
            companies.company_id, orders.company_id, persons.person_id
        ) as customer_id,
        {{ business_date('orders.ordered_at') }} as order_date
    from orders
    left join persons
        on orders.source_person_id = persons.source_person_id
    left join companies
        on orders.company_id = companies.source_company_id
    where orders.cancelled_at is null

),

final as (

    select
        customer_id,
        min(order_date) as first_order_date
    from buyers
    where customer_id is not null
    group by customer_id

)

select * from final
