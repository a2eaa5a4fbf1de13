{#- Metric, relation, date, numerator, denominator, dimensions. -#}
{% set components = [
    (
        'identity_match_rate', 'sessions', 'session_date', 'count(person_id)',
        'count(*)', [('channel', 'channel_name')]
    ),
    (
        'identity_email_match_rate', 'sends', 'sent_date', 'count(person_id)',
        'count(*)', []
    ),
    (
        'identity_record_match_rate', 'records', 'created_date',
        'sum(case when count_systems > 1 then 1 else 0 end)', 'count(*)',
        [('system', 'system_name')]
    ),
    (
        'identity_quarantined_records', 'records', 'created_date',
        'count(quarantine_reason)', '0', [('reason', 'quarantine_reason')]
    ),
] %}
with

sessions as (

    select * from {{ ref('fct_web_sessions') }}
    where not is_bot and not is_internal

),

sends as (

    select * from {{ ref('fct_email_sends') }}
    where is_delivered

),

contact_records as (

    select * from {{ ref('stg_files__persons') }}

),

persons as (

    select
        *,
        split_part(source_person_id, ':', 1) as system_name
    from {{ ref('int_identity__persons') }}

),

systems as (

    select
        person_id,
        count(distinct system_name) as count_systems
    from persons
    group by person_id

),

records as (

    select
        persons.system_name,
        persons.quarantine_reason,
        systems.count_systems,
        {{ business_date('contact_records.created_at') }} as created_date
    from persons
    inner join systems
        on persons.person_id = systems.person_id
    inner join contact_records
        on persons.source_person_id = contact_records.person_id
    where not persons.is_test and not persons.is_deleted and not persons.is_internal

),

final as (

    {% for metric, relation, date, numerator, denominator, dimensions in components %}
    {% set outer_loop = loop %}
    {% for name, expression in [('total', "'all'")] + dimensions %}
    select
        '{{ metric }}' as metric_id,
        {{ date }} as event_date,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        cast({{ numerator }} as decimal(18, 4)) as numerator,
        cast({{ denominator }} as decimal(18, 4)) as denominator,
        cast(0 as decimal(38, 8)) as sum_of_squares
    from {{ relation }}
    where {{ date }} is not null and {{ expression }} is not null
    group by {{ date }}, {{ expression }}
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {% endfor %}
    {% endfor %}

)

select * from final
