with

order_lines as (

    select * from {{ ref('stg_files__order_lines') }}

),

deals as (

    select * from {{ ref('int_deals__current') }}

),

orders as (

    select * from {{ ref('int_orders__current') }}

),

products as (

    select * from {{ ref('stg_files__products') }}

),

from_orders as (

    select
        order_line_id,
        order_id,
        product_id,
        quantity,
        unit_price,
        amount
    from order_lines
    where not coalesce(is_deleted, false)

),

from_won_deals as (

    select
        deal_id as order_line_id,
        deal_id as order_id,
        product_id,
        cast(1 as decimal(18, 4)) as quantity,
        amount as unit_price,
        amount
    from deals

),

chosen_lines as (

    select * from from_orders
    where '{{ var("orders_from") }}' = 'orders'
    union all
    select * from from_won_deals
    where '{{ var("orders_from") }}' = 'won_deals'

),

-- Lines of drafts and of deleted orders go with their order.
final as (

    select
        chosen_lines.order_line_id,
        chosen_lines.order_id,
        chosen_lines.product_id,
        products.product_family,
        chosen_lines.quantity,
        chosen_lines.unit_price,
        coalesce(
            chosen_lines.amount,
            cast(chosen_lines.quantity * chosen_lines.unit_price as decimal(18, 4))
        ) as amount,
        orders.ordered_at,
        orders.currency_code
    from chosen_lines
    inner join orders
        on chosen_lines.order_id = orders.order_id
    left join products
        on chosen_lines.product_id = products.product_id

)

select * from final
