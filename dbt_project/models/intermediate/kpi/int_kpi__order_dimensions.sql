{% set dimensions = [
    ('total', "'all'"),
    ('owner', "coalesce(owner_id, 'unassigned')"),
    ('customer_type', "coalesce(customer_type, 'unknown')"),
    ('region', "coalesce(region_name, 'unknown')"),
    ('sector', "coalesce(sector, 'unknown')"),
    ('company_size', company_size('count_employees')),
] %}
with

orders as (

    select * from {{ ref('fct_orders') }}

),

order_lines as (

    select * from {{ ref('fct_order_lines') }}

),

companies as (

    select * from {{ ref('dim_companies') }}

),

orders_with_company as (

    select
        orders.order_id,
        orders.order_date,
        orders.cancelled_date,
        orders.owner_id,
        orders.customer_type,
        orders.amount_base,
        companies.region_name,
        companies.sector,
        companies.count_employees
    from orders
    left join companies
        on orders.company_id = companies.company_id

),

-- What an order is worth beyond its lines, such as carriage or an order without lines,
-- is of no known family; what rounding leaves goes with the lines.
lines_of_order as (

    select
        order_id,
        sum(amount_base) as amount_base,
        min(coalesce(product_family, 'unknown')) as product_family
    from order_lines
    where amount_base is not null
    group by order_id

),

parts as (

    select
        order_id,
        coalesce(product_family, 'unknown') as product_family,
        amount_base
    from order_lines
    where amount_base is not null
    union all
    select
        orders.order_id,
        case
            when abs(orders.amount_base - lines_of_order.amount_base) < 0.01
                then lines_of_order.product_family
            else 'unknown'
        end as product_family,
        orders.amount_base - coalesce(lines_of_order.amount_base, 0) as amount_base
    from orders
    left join lines_of_order
        on orders.order_id = lines_of_order.order_id
    where orders.amount_base <> coalesce(lines_of_order.amount_base, 0)

),

family_amounts as (

    select
        order_id,
        product_family,
        sum(amount_base) as amount_base
    from parts
    group by order_id, product_family

),

final as (

    {% for name, expression in dimensions %}
    select
        order_id,
        order_date,
        cancelled_date,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        amount_base
    from orders_with_company
    union all
    {% endfor %}
    select
        orders.order_id,
        orders.order_date,
        orders.cancelled_date,
        'product_family' as dimension_name,
        family_amounts.product_family as dimension_value,
        cast(family_amounts.amount_base as decimal(18, 4)) as amount_base
    from family_amounts
    inner join orders
        on family_amounts.order_id = orders.order_id
    where orders.amount_base is not null

)

select * from final
