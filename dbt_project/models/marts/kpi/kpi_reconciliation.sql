with

records as (

    select * from {{ ref('int_kpi__reconciled_records') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by source_name, entity_name, record_month, outcome_code
            order by record_id
        ) as record_number
    from records

),

outcomes as (

    select
        source_name,
        entity_name,
        record_month,
        outcome_code,
        is_counted,
        count(*) as count_records,
        case
            when outcome_code <> 'counted'
                then
                    {{ joined_texts(
                        'case when record_number <= 100 then record_id end'
                    ) }}
        end as record_ids
    from numbered
    group by source_name, entity_name, record_month, outcome_code, is_counted

),

totals as (

    select
        source_name,
        entity_name,
        record_month,
        count(*) as count_source,
        sum(case when is_counted then 1 else 0 end) as count_warehouse
    from records
    group by source_name, entity_name, record_month

),

final as (

    select
        outcomes.source_name,
        outcomes.entity_name,
        outcomes.record_month as month,
        outcomes.outcome_code,
        {{ as_of() }} as as_of,
        outcomes.is_counted,
        outcomes.count_records,
        totals.count_source,
        cast(totals.count_warehouse as bigint) as count_warehouse,
        cast(totals.count_source - totals.count_warehouse as bigint)
            as count_difference,
        outcomes.record_ids
    from outcomes
    inner join totals
        on
            outcomes.source_name = totals.source_name
            and outcomes.entity_name = totals.entity_name
            and outcomes.record_month = totals.record_month

)

select * from final
