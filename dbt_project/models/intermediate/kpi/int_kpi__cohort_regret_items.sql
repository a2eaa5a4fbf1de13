{% set grains = ['month', 'quarter', 'fiscal_year'] %}
with

disqualified as (

    select
        lead_cycle_id,
        person_id,
        company_id,
        closed_at,
        {{ business_date('closed_at') }} as closed_date
    from {{ ref('fct_leads') }}
    where close_reason = 'disqualified'

),

orders as (

    select
        customer_id,
        ordered_at
    from {{ ref('fct_orders') }}
    where cancelled_date is null

),

-- Whoever of the company bought: giving up was a mistake.
bought as (

    select
        disqualified.lead_cycle_id,
        orders.ordered_at
    from disqualified
    inner join orders
        on disqualified.company_id = orders.customer_id
    where orders.ordered_at >= disqualified.closed_at
    union all
    select
        disqualified.lead_cycle_id,
        orders.ordered_at
    from disqualified
    inner join orders
        on disqualified.person_id = orders.customer_id
    where orders.ordered_at >= disqualified.closed_at

),

first_orders as (

    select
        lead_cycle_id,
        min(ordered_at) as ordered_at
    from bought
    group by lead_cycle_id

),

final as (

    {% for grain in grains %}
    select
        'disqualified_regret' as metric_id,
        'total' as dimension_name,
        'all' as dimension_value,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'disqualified.closed_date') }} as period_start,
        disqualified.lead_cycle_id as item_id,
        {{ seconds_between('disqualified.closed_at', 'first_orders.ordered_at') }}
            as reach_seconds,
        cast(null as bigint) as compete_seconds,
        {{ seconds_between('disqualified.closed_at', end_of_as_of()) }}
            as followup_seconds
    from disqualified
    left join first_orders
        on disqualified.lead_cycle_id = first_orders.lead_cycle_id
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
