-- Law 12: over all periods of a grain, and over all values of a dimension that holds
-- every fact, a KPI is the count of its facts.
{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}

with

facts as (

    {% for metric, mart, condition, expression in [
        ('new_leads', 'fct_leads', 'opened_date is not null', 'count(*)'),
        ('mqls', 'fct_mqls', 'true', 'count(*)'),
        ('sqls', 'fct_sqls', 'true', 'count(*)'),
        (
            'kpi2_contacted_rate', 'fct_mqls',
            'first_human_contact_at is not null and not is_sales_direct', 'count(*)'
        ),
        ('kpi2_valid_rate', 'fct_sqls', 'not is_sales_direct', 'count(*)'),
        (
            'identity_match_rate', 'fct_web_sessions',
            'person_id is not null and not is_bot and not is_internal', 'count(*)'
        ),
        (
            'identity_email_match_rate', 'fct_email_sends',
            'person_id is not null and is_delivered', 'count(*)'
        ),
        ('orders_count', 'fct_orders', 'true', 'count(*)'),
        ('orders_amount_gross', 'fct_orders', 'true', 'coalesce(sum(amount_base), 0)'),
        (
            'orders_amount', 'fct_orders', 'cancelled_date is null',
            'coalesce(sum(amount_base), 0)'
        ),
        ('orders_count_net', 'fct_orders', 'cancelled_date is null', 'count(*)'),
        (
            'repurchase_rate', 'fct_customer_value', 'has_repurchased_12m', 'count(*)'
        ),
        (
            'customer_lifetime_value', 'fct_customer_value', 'true',
            'coalesce(sum(ltv_12m), 0)'
        ),
        (
            'deals_created', 'fct_deals',
            'is_reportable and created_date is not null', 'count(*)'
        ),
        (
            'deals_won', 'fct_deals',
            "is_reportable and deal_status = 'won' and closed_date is not null",
            'count(*)'
        ),
        (
            'losses_count', 'fct_deals',
            "is_reportable and deal_status = 'lost' and closed_date is not null",
            'count(*)'
        ),
        ('next_actions_count', 'kpi_next_actions', 'due_at is not null', 'count(*)'),
        ('next_actions_overdue', 'kpi_next_actions', 'is_overdue', 'count(*)'),
    ] %}
    select
        '{{ metric }}' as metric_id,
        {{ expression }} as fact_value
    from {{ ref(mart) }}
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

kpis as (

    select
        metric_id,
        period_grain,
        dimension_name,
        sum(numerator) as kpi_value
    from {{ ref('kpi_values') }}
    where basis = 'period'
    group by metric_id, period_grain, dimension_name

)

select
    facts.metric_id,
    kpis.period_grain,
    kpis.dimension_name,
    facts.fact_value,
    kpis.kpi_value
from facts
left join kpis
    on facts.metric_id = kpis.metric_id
where coalesce(kpis.kpi_value, 0) <> facts.fact_value
