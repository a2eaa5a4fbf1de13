{#- One entry for each side of each metric: metric, date, condition, numerator,
    denominator, squares, whether an order in parts counts once for each of them. -#}
{% set amount = 'sum(amount_base)' %}
{% set square = 'sum(' ~ squared('amount_base') ~ ')' %}
{% set known = 'amount_base is not null' %}
{% set components = [
    ('orders_count', 'order_date', 'true', 'count(*)', '0', '0', false),
    ('orders_count_net', 'order_date', 'true', 'count(*)', '0', 'count(*)', false),
    ('orders_count_net', 'cancelled_date', 'true', '-count(*)', '0', 'count(*)', false),
    ('orders_amount_gross', 'order_date', known, amount, 'count(*)', square, true),
    ('orders_amount', 'order_date', known, amount, 'count(*)', square, true),
    ('orders_amount', 'cancelled_date', known, '-' ~ amount, 'count(*)', square, true),
    ('average_basket', 'order_date', known, amount, 'count(*)', square, false),
    ('orders_without_amount', 'order_date', 'amount_base is null', 'count(*)', '0', '0', false),
] %}
with

orders as (

    select * from {{ ref('int_kpi__order_dimensions') }}

),

leads as (

    select * from {{ ref('fct_leads') }}

),

-- Revenue and leads are counted apart and meet as two sums: joined, an order would
-- count once for every lead of its company.
revenue_per_lead as (

    select
        order_date as event_date,
        sum(amount_base) as numerator,
        0 as denominator,
        {{ square }} as sum_of_squares
    from orders
    where dimension_name = 'total' and amount_base is not null
    group by order_date
    union all
    select
        opened_date as event_date,
        0 as numerator,
        count(*) as denominator,
        0 as sum_of_squares
    from leads
    where opened_date is not null
    group by opened_date

),

final as (

    {% for
        metric, date, condition, numerator, denominator, squares, has_parts
    in components %}
    select
        '{{ metric }}' as metric_id,
        {{ date }} as event_date,
        dimension_name,
        dimension_value,
        cast({{ numerator }} as decimal(18, 4)) as numerator,
        cast({{ denominator }} as decimal(18, 4)) as denominator,
        cast({{ squares }} as decimal(38, 8)) as sum_of_squares
    from orders
    where
        {{ condition }} and {{ date }} is not null
        {% if not has_parts %}
        and dimension_name <> 'product_family'
        {% endif %}
    group by {{ date }}, dimension_name, dimension_value
    union all
    {% endfor %}
    select
        'revenue_per_lead' as metric_id,
        event_date,
        'total' as dimension_name,
        'all' as dimension_value,
        cast(numerator as decimal(18, 4)) as numerator,
        cast(denominator as decimal(18, 4)) as denominator,
        cast(sum_of_squares as decimal(38, 8)) as sum_of_squares
    from revenue_per_lead

)

select * from final
