{#- Months after the first purchase at which a customer's value is measured. -#}
{% set horizons = [12, 24, 36] %}
with

orders as (

    select
        *,
        min(case when purchase_number = 1 then order_date end) over (
            partition by customer_id
        ) as first_order_date
    from {{ ref('int_orders__resolved') }}
    where customer_id is not null

),

order_lines as (

    select * from {{ ref('int_orders__lines') }}

),

-- Who has cancelled orders or credit notes alone is no customer.
customer_orders as (

    select
        *,
        case when cancelled_date is null then amount_base end as amount_kept
    from orders
    where first_order_date is not null

),

customers as (

    select
        customer_id,
        max(case when company_id is not null then 1 else 0 end) = 1 as is_company,
        min(first_order_date) as first_order_date,
        min(case when purchase_number = 1 then ordered_at end) as first_ordered_at,
        min(case when purchase_number = 2 then ordered_at end) as second_ordered_at,
        max(case when purchase_number is not null then order_date end)
            as last_order_date,
        sum(case when purchase_number is not null then 1 else 0 end) as count_orders,
        sum(case when cancelled_date is not null then 1 else 0 end)
            as count_cancelled_orders,
        sum(case when amount_base is null then 1 else 0 end)
            as count_orders_without_amount,
        coalesce(sum(amount_kept), 0) as amount_net,
        coalesce(sum(amount_base), 0) as amount_gross,
        {% for months in horizons %}
        coalesce(
            sum(
                case
                    when
                        order_date < {{ add_months('first_order_date', months) }}
                        then amount_kept
                end
            ),
            0
        ) as amount_{{ months }}m,
        {% endfor %}
        sum(
            case
                when
                    purchase_number is not null
                    and order_date < {{ add_months('first_order_date', 12) }}
                    then 1
                else 0
            end
        ) as count_orders_12m
    from customer_orders
    group by customer_id

),

-- Purchases of one day are one: a split order is no repurchase to the models.
repeat_days as (

    select
        customer_id,
        order_date,
        sum(amount_base) as amount
    from customer_orders
    where purchase_number is not null and order_date > first_order_date
    group by customer_id, order_date

),

repeats as (

    select
        customer_id,
        count(*) as count_repeat_days,
        avg(cast(amount as double)) as mean_repeat_amount
    from repeat_days
    group by customer_id

),

recent_families as (

    select
        customer_orders.customer_id,
        count(distinct order_lines.product_family) as count_product_families
    from customer_orders
    inner join order_lines
        on customer_orders.order_id = order_lines.order_id
    where
        customer_orders.purchase_number is not null
        and customer_orders.order_date > {{ add_months(as_of(), -12) }}
    group by customer_orders.customer_id

),

final as (

    select
        customers.customer_id,
        case when customers.is_company then 'company' else 'person' end
            as customer_kind,
        cast(date_trunc('month', customers.first_order_date) as date) as cohort_month,
        customers.first_order_date,
        customers.last_order_date,
        customers.first_ordered_at,
        customers.second_ordered_at,
        cast(customers.count_orders as bigint) as count_orders,
        cast(customers.count_cancelled_orders as bigint) as count_cancelled_orders,
        cast(customers.count_orders_without_amount as bigint)
            as count_orders_without_amount,
        cast(customers.amount_net as decimal(18, 4)) as amount_net,
        cast(customers.amount_gross as decimal(18, 4)) as amount_gross,
        {% for months in horizons %}
        case
            when
                {{ add_months('customers.first_order_date', months) }} <= {{ as_of() }}
                then cast(customers.amount_{{ months }}m as decimal(18, 4))
        end as ltv_{{ months }}m,
        {% endfor %}
        case
            when {{ add_months('customers.first_order_date', 12) }} <= {{ as_of() }}
                then customers.count_orders_12m >= 2
        end as has_repurchased_12m,
        customers.last_order_date > {{ add_months(as_of(), -12) }} as is_active_12m,
        cast(coalesce(recent_families.count_product_families, 0) as bigint)
            as count_product_families_12m,
        cast(coalesce(repeats.count_repeat_days, 0) as bigint) as count_repeat_days,
        cast(
            {{ days_between(
                'customers.first_order_date', 'customers.last_order_date'
            ) }} as bigint
        ) as recency_days,
        cast({{ days_between('customers.first_order_date', as_of()) }} as bigint)
            as age_days,
        round(repeats.mean_repeat_amount, 6) as mean_repeat_amount
    from customers
    left join repeats
        on customers.customer_id = repeats.customer_id
    left join recent_families
        on customers.customer_id = recent_families.customer_id

)

select * from final
