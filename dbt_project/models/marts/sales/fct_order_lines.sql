with

order_lines as (

    select * from {{ ref('int_orders__lines') }}

),

exchange_rates as (

    select * from {{ ref('int_orders__exchange_rate_periods') }}

),

order_lines_with_dates as (

    select
        *,
        {{ business_date('ordered_at') }} as order_date
    from order_lines

),

final as (

    select
        order_lines.order_line_id,
        order_lines.order_id,
        order_lines.product_id,
        order_lines.product_family,
        order_lines.quantity,
        order_lines.unit_price,
        order_lines.amount,
        {{ amount_in_base(
            'order_lines.amount', 'order_lines.currency_code',
            'exchange_rates.rate_to_base'
        ) }} as amount_base
    from order_lines_with_dates as order_lines
    left join exchange_rates
        on
            order_lines.currency_code = exchange_rates.currency_code
            and order_lines.order_date >= exchange_rates.valid_from_date
            and order_lines.order_date < exchange_rates.valid_to_date

)

select * from final
