{% set grains = ['month', 'quarter', 'fiscal_year'] %}
with

histories as (

    select * from {{ ref('int_customers__histories') }}

),

timed as (

    select
        customer_id,
        first_order_date,
        {{ seconds_between('first_ordered_at', 'second_ordered_at') }}
            as reach_seconds,
        {{ seconds_between('first_ordered_at', end_of_as_of()) }} as followup_seconds
    from histories

),

final as (

    {% for grain in grains %}
    select
        'repurchase_rate' as metric_id,
        'total' as dimension_name,
        'all' as dimension_value,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'first_order_date') }} as period_start,
        customer_id as item_id,
        reach_seconds,
        cast(null as bigint) as compete_seconds,
        followup_seconds
    from timed
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
