with

orders as (

    select * from {{ ref('int_orders__current') }}

),

resolved_persons as (

    select * from {{ ref('int_identity__persons') }}

),

resolved_companies as (

    select * from {{ ref('int_identity__companies') }}

),

exchange_rates as (

    select * from {{ ref('int_orders__exchange_rate_periods') }}

),

-- A company whose own record is not delivered keeps its id.
orders_with_dates as (

    select
        orders.*,
        resolved_persons.person_id,
        coalesce(resolved_companies.company_id, orders.company_id)
            as resolved_company_id,
        coalesce(
            resolved_companies.company_id,
            orders.company_id,
            resolved_persons.person_id
        ) as customer_id,
        {{ business_date('orders.ordered_at') }} as order_date,
        {{ business_date('orders.cancelled_at') }} as cancelled_date
    from orders
    left join resolved_persons
        on orders.source_person_id = resolved_persons.source_person_id
    left join resolved_companies
        on orders.company_id = resolved_companies.source_company_id

),

-- A cancelled order made nobody a customer.
order_numbers as (

    select
        order_id,
        row_number() over (
            partition by customer_id
            order by ordered_at, order_id
        ) as order_of_customer
    from orders_with_dates
    where customer_id is not null and cancelled_at is null

),

final as (

    select
        orders.order_id,
        orders.order_number,
        orders.resolved_company_id as company_id,
        orders.person_id,
        orders.owner_id,
        orders.deal_id,
        orders.order_date,
        orders.ordered_at,
        orders.cancelled_date,
        orders.amount,
        orders.currency_code,
        {{ amount_in_base(
            'orders.amount', 'orders.currency_code', 'exchange_rates.rate_to_base'
        ) }} as amount_base,
        case
            when orders.customer_id is not null
                then coalesce(order_numbers.order_of_customer = 1, false)
        end as is_first_order_of_customer,
        orders.customer_id
    from orders_with_dates as orders
    left join order_numbers
        on orders.order_id = order_numbers.order_id
    left join exchange_rates
        on
            orders.currency_code = exchange_rates.currency_code
            and orders.order_date >= exchange_rates.valid_from_date
            and orders.order_date < exchange_rates.valid_to_date

)

select * from final
