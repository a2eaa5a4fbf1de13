-- Law 8: deals, orders and lines have as many rows and the same amounts after their
-- joins as before.
{{ config(meta={'dagster': {'ref': {'name': 'fct_deals'}}}) }}

with

counted as (

    {% for mart, origin in [
        ('fct_deals', 'int_deals__current'),
        ('fct_orders', 'int_orders__current'),
        ('fct_order_lines', 'int_orders__lines'),
    ] %}
    select
        '{{ mart }}' as mart_name,
        (select count(*) from {{ ref(mart) }}) as count_rows,
        (select count(*) from {{ ref(origin) }}) as count_origin_rows,
        (select coalesce(sum(amount), 0) from {{ ref(mart) }}) as amount,
        (select coalesce(sum(amount), 0) from {{ ref(origin) }}) as origin_amount
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from counted
where count_rows <> count_origin_rows or amount <> origin_amount
