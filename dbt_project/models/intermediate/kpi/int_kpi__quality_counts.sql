{#- What was delivered: entity, staging, when the source last wrote. -#}
{% set entities = [
    ('persons', 'stg_files__persons', 'coalesce(updated_at, recorded_at)'),
    ('companies', 'stg_files__companies', 'coalesce(updated_at, created_at)'),
    ('deals', 'stg_files__deals', 'coalesce(updated_at, recorded_at)'),
    ('orders', 'stg_files__orders', 'coalesce(updated_at, recorded_at)'),
    ('activities', 'stg_files__activities', 'coalesce(updated_at, recorded_at)'),
] %}
{#- What belongs together: measure, entity, mart, matched, condition. -#}
{% set matches = [
    (
        'share_with_person', 'web_visitors', 'fct_web_sessions', 'visitor_id',
        'person_id', 'not is_bot and not is_internal and visitor_id is not null'
    ),
    (
        'share_with_person', 'email_sends', 'fct_email_sends', 'email_send_id',
        'person_id', 'true'
    ),
    (
        'share_with_person', 'activities', 'fct_activities', 'activity_id',
        'person_id', 'true'
    ),
    ('share_with_person', 'deals', 'fct_deals', 'deal_id', 'person_id', 'is_reportable'),
    (
        'share_with_lead_cycle', 'deals', 'fct_deals', 'deal_id', 'lead_cycle_id',
        'is_reportable'
    ),
    ('share_with_company', 'orders', 'fct_orders', 'order_id', 'company_id', 'true'),
    ('share_with_deal', 'orders', 'fct_orders', 'order_id', 'deal_id', 'true'),
    ('share_with_company', 'persons', 'dim_persons', 'person_id', 'company_id', 'is_reportable'),
] %}
with

final as (

    {% for entity, staging, written_at in entities %}
    select
        source_name,
        '{{ entity }}' as entity_name,
        'count_delivered' as measure_id,
        cast(null as bigint) as count_of,
        count(*) as count_in,
        max(
            case when {{ written_at }} < {{ end_of_as_of() }} then {{ written_at }} end
        ) as last_written_at
    from {{ ref(staging) }}
    group by source_name
    union all
    {% endfor %}
    {% for entity, mart, date in [
        ('web_sessions', 'fct_web_sessions', 'started_at'),
        ('email_sends', 'fct_email_sends', 'sent_at')
    ] %}
    select
        'all' as source_name,
        '{{ entity }}' as entity_name,
        'count_delivered' as measure_id,
        cast(null as bigint) as count_of,
        count(*) as count_in,
        max({{ date }}) as last_written_at
    from {{ ref(mart) }}
    having count(*) > 0
    union all
    {% endfor %}
    {% for measure, entity, mart, id, matched, condition in matches %}
    select
        'all' as source_name,
        '{{ entity }}' as entity_name,
        '{{ measure }}' as measure_id,
        count(distinct case when {{ matched }} is not null then {{ id }} end)
            as count_of,
        count(distinct {{ id }}) as count_in,
        cast(null as timestamp) as last_written_at
    from {{ ref(mart) }}
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
