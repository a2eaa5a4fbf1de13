{#- One entry for each side of each metric: metric, side, relation, date, condition,
    dimensions. -#}
{% set dims = [
    ('channel', "coalesce(acquisition_channel_name, 'Unassigned')"),
    ('campaign', "coalesce(acquisition_campaign_name, 'none')"),
    ('content', "coalesce(acquisition_content_name, 'none')"),
    ('sector', "coalesce(sector, 'unknown')"),
    ('company_size', "coalesce(company_size, 'unknown')"),
    ('region', "coalesce(region_name, 'unknown')"),
    ('owner', "coalesce(owner_id, 'unassigned')"),
] %}
{% set components = [
    ('new_leads', 'numerator', 'leads', 'opened_date', 'true', dims),
    ('mqls', 'numerator', 'mqls', 'mql_date', 'true', dims),
    ('sqls', 'numerator', 'sqls', 'sql_date', 'true', dims),
    ('kpi2_sql_rate', 'numerator', 'sqls', 'sql_date', 'not is_sales_direct', dims),
    ('kpi2_sql_rate', 'denominator', 'mqls', 'mql_date', 'not is_sales_direct', dims),
    (
        'kpi2_contacted_rate', 'numerator', 'mqls', 'contact_date',
        'not is_sales_direct', dims[:1]
    ),
    (
        'kpi2_contacted_rate', 'denominator', 'mqls', 'mql_date',
        'not is_sales_direct', dims[:1]
    ),
    (
        'kpi2_valid_rate', 'numerator', 'sqls', 'sql_date', 'not is_sales_direct',
        dims[:1]
    ),
    (
        'kpi2_valid_rate', 'denominator', 'mqls', 'contact_date',
        'not is_sales_direct', dims[:1]
    ),
    (
        'mql_sql_gap', 'numerator', 'mqls', 'mql_date',
        'sql_at is null and not is_sales_direct', [('contact_state', 'contact_state')]
    ),
] %}
with

leads as (

    select * from {{ ref('fct_leads') }}

),

mqls as (

    select
        *,
        {{ business_date('first_human_contact_at') }} as contact_date
    from {{ ref('fct_mqls') }}

),

sqls as (

    select * from {{ ref('fct_sqls') }}

),

final as (

    {% for metric, side, relation, date, condition, dimensions in components %}
    {% set outer_loop = loop %}
    {% for name, expression in [('total', "'all'")] + dimensions %}
    select
        '{{ metric }}' as metric_id,
        {{ date }} as event_date,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        cast({{ 'count(*)' if side == 'numerator' else '0' }} as decimal(18, 4))
            as numerator,
        cast({{ 'count(*)' if side == 'denominator' else '0' }} as decimal(18, 4))
            as denominator,
        cast(0 as decimal(38, 8)) as sum_of_squares
    from {{ relation }}
    where {{ condition }} and {{ date }} is not null
    group by {{ date }}, {{ expression }}
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {% endfor %}
    {% endfor %}

)

select * from final
