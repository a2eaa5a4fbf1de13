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

-- A company whose own record is not delivered keeps its id. A cancelled order made
-- nobody a customer, and a credit note is no purchase.
orders_with_dates as (

    select
        orders.*,
        resolved_persons.person_id,
        coalesce(resolved_companies.company_id, orders.company_id)
            as resolved_company_id,
        coalesce(
            resolved_companies.company_id,
            orders.company_id,
            -- A source may give a person and a company the same id.
            'person:' || resolved_persons.person_id
        ) as customer_id,
        {{ business_date('orders.ordered_at') }} as order_date,
        {{ business_date('orders.cancelled_at') }} as cancelled_date,
        orders.cancelled_at is null and coalesce(orders.amount, 0) >= 0 as is_purchase
    from orders
    left join resolved_persons
        on orders.source_person_id = resolved_persons.source_person_id
    left join resolved_companies
        on orders.company_id = resolved_companies.source_company_id

),

numbered as (

    select
        *,
        coalesce(
            sum(case when is_purchase then 1 else 0 end) over (
                partition by customer_id
                order by ordered_at, order_id
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as count_purchases_before
    from orders_with_dates

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
        orders.customer_id,
        case
            when orders.customer_id is null then null
            when orders.count_purchases_before = 0 then 'new'
            else 'repeat'
        end as customer_type,
        case
            when orders.customer_id is not null and orders.is_purchase
                then cast(orders.count_purchases_before + 1 as bigint)
        end as purchase_number
    from numbered as orders
    left join exchange_rates
        on
            orders.currency_code = exchange_rates.currency_code
            and orders.order_date >= exchange_rates.valid_from_date
            and orders.order_date < exchange_rates.valid_to_date

)

select * from final
