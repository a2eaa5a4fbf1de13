{% set domains = [
    'audience', 'mql', 'repurchase', 'stage', 'deal', 'funnel', 'milestone', 'contact',
    'regret', 'content',
] %}
with

{% for domain in domains %}
{{ domain }}_items as (

    select * from {{ ref('int_kpi__cohort_' ~ domain ~ '_items') }}

),
{% endfor %}

final as (

    {% for domain in domains %}
    select
        metric_id,
        dimension_name,
        dimension_value,
        period_grain,
        period_start,
        item_id,
        reach_seconds,
        compete_seconds,
        followup_seconds
    from {{ domain }}_items
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select * from final
