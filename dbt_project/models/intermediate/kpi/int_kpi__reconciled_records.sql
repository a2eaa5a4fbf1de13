{#- Entities whose records stand in a fact of their own: staging, fact, id, date, is it
    counted, why is it not, what is remarkable about one that is. -#}
{% set facts = [
    (
        'deals', 'stg_files__deals', 'fct_deals', 'deal_id', 'created_at',
        'facts.is_reportable', 'facts.not_reportable_reason',
        "case when facts.current_stage_id is null then 'without_stage' end"
    ),
    (
        'orders', 'stg_files__orders', 'fct_orders', 'order_id', 'ordered_at',
        'facts.order_id is not null',
        "case when records.order_status = 'draft' then 'draft' end",
        "case when facts.cancelled_date is not null then 'cancelled' end"
    ),
    (
        'activities', 'stg_files__activities', 'fct_activities', 'activity_id',
        'occurred_at', 'facts.activity_id is not null', 'cast(null as string)',
        'cast(null as string)'
    ),
] %}
with

-- Of the records of one person, or one company, one counts: the first that is alive.
persons as (

    select
        resolved.source_person_id,
        resolved.person_id,
        row_number() over (
            partition by resolved.person_id
            order by
                case when records.is_deleted then 1 else 0 end,
                resolved.source_person_id
        ) as record_number
    from {{ ref('int_identity__persons') }} as resolved
    left join {{ ref('stg_files__persons') }} as records
        on resolved.source_person_id = records.person_id

),

reportable_persons as (

    select * from {{ ref('dim_persons') }}

),

companies as (

    select
        source_company_id,
        company_id,
        row_number() over (
            partition by company_id
            order by source_company_id
        ) as record_number
    from {{ ref('int_identity__companies') }}

),

person_records as (

    select
        records.source_name,
        'persons' as entity_name,
        records.person_id as record_id,
        records.created_at as dated_at,
        case
            when persons.person_id is null and records.is_deleted then 'deleted'
            when persons.person_id is null then 'not_visible'
            when reportable_persons.not_reportable_reason is not null
                then reportable_persons.not_reportable_reason
            when persons.record_number > 1 then 'merged'
        end as reason_code,
        cast(null as string) as remark_code
    from {{ ref('stg_files__persons') }} as records
    left join persons
        on records.person_id = persons.source_person_id
    left join reportable_persons
        on persons.person_id = reportable_persons.person_id

),

company_records as (

    select
        records.source_name,
        'companies' as entity_name,
        records.company_id as record_id,
        records.created_at as dated_at,
        case
            when companies.company_id is null then 'not_visible'
            when companies.record_number > 1 then 'merged'
        end as reason_code,
        cast(null as string) as remark_code
    from {{ ref('stg_files__companies') }} as records
    left join companies
        on records.company_id = companies.source_company_id

),

unioned as (

    select * from person_records
    union all
    select * from company_records
    {% for entity, staging, mart, id, at, is_counted, reason, remark in facts %}
    union all
    select
        records.source_name,
        '{{ entity }}' as entity_name,
        records.{{ id }} as record_id,
        records.{{ at }} as dated_at,
        case
            when {{ is_counted }} then null
            when records.is_deleted then 'deleted'
            else coalesce({{ reason }}, 'not_visible')
        end as reason_code,
        {{ remark }} as remark_code
    from {{ ref(staging) }} as records
    left join {{ ref(mart) }} as facts
        on records.{{ id }} = facts.{{ id }}
    {% endfor %}

),

final as (

    select
        source_name,
        entity_name,
        record_id,
        -- Months of records without a date: none is lost.
        coalesce(
            {{ period_start('month', business_date('dated_at')) }}, date '1900-01-01'
        ) as record_month,
        reason_code is null as is_counted,
        coalesce(reason_code, remark_code, 'counted') as outcome_code
    from unioned

)

select * from final
