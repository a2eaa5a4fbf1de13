-- Law 6: in each model the credits of a conversion sum to 1, of every conversion that
-- there is; the credited amounts sum to the amount of the order, and the channels of a
-- period to its MQL, SQL, orders and net order amount.
{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}

with

both_sides as (

    {% for type, mart, id, amount in [
        ('mql', 'fct_mqls', 'lead_cycle_id', '0'),
        ('sql', 'fct_sqls', 'lead_cycle_id', '0'),
        ('order', 'fct_orders', 'order_id', 'coalesce(amount_base, 0)'),
    ] %}
    {% for model_name in [
        'first_touch', 'last_non_direct', 'linear', 'position_based', 'time_decay',
    ] %}
    select
        '{{ type }}' as conversion_type,
        {{ id }} as conversion_id,
        '{{ model_name }}' as model_name,
        cast(1 as double) as count_conversions,
        cast({{ amount }} as decimal(18, 4)) as amount_base,
        cast(0 as double) as credit,
        cast(0 as decimal(18, 4)) as credited_amount_base
    from {{ ref(mart) }}
    union all
    {% endfor %}
    {% endfor %}
    select
        conversion_type,
        conversion_id,
        model_name,
        cast(0 as double) as count_conversions,
        cast(0 as decimal(18, 4)) as amount_base,
        credit,
        coalesce(credited_amount_base, 0) as credited_amount_base
    from {{ ref('fct_attribution_credits') }}

),

broken_conversions as (

    select
        conversion_id as broken_at,
        model_name
    from both_sides
    group by conversion_type, conversion_id, model_name
    having
        abs(sum(credit) - sum(count_conversions)) > 0.000000001
        or sum(credited_amount_base) <> sum(amount_base)

),

period_values as (

    select
        metric_id,
        period_grain,
        period_start,
        dimension_name,
        sum(numerator) as amount
    from {{ ref('kpi_values') }}
    where basis = 'period'
    group by metric_id, period_grain, period_start, dimension_name

),

-- Credits are kept to four decimals, amounts are exact.
broken_periods as (

    {% for attributed, total, tolerance in [
        ('attributed_mqls', 'mqls', '0.01'),
        ('attributed_sqls', 'sqls', '0.01'),
        ('attributed_orders', 'orders_count', '0.01'),
        ('attributed_orders_amount', 'orders_amount', '0'),
    ] %}
    select
        cast(attributed.period_start as string) as broken_at,
        attributed.dimension_name as model_name
    from period_values as attributed
    left join period_values as totals
        on
            attributed.period_grain = totals.period_grain
            and attributed.period_start = totals.period_start
            and totals.metric_id = '{{ total }}'
            and totals.dimension_name = 'total'
    where
        attributed.metric_id = '{{ attributed }}'
        and abs(attributed.amount - coalesce(totals.amount, 0)) > {{ tolerance }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from broken_conversions
union all
select * from broken_periods
