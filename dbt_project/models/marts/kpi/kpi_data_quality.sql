with

counts as (

    select * from {{ ref('int_kpi__quality_counts') }}

),

checks as (

    select * from {{ ref('int_kpi__quality_checks') }}

),

refusals as (

    select * from {{ ref('int_kpi__quality_refusals') }}

),

measured as (

    select
        source_name,
        entity_name,
        measure_id,
        cast(count_of as double) as numerator,
        cast(count_in as double) as denominator,
        case
            when measure_id = 'count_delivered' then cast(count_in as double)
            else {{ ratio('count_of', 'count_in') }}
        end as value,
        case when measure_id = 'count_delivered' then 'records' else 'ratio' end
            as unit
    from counts
    union all
    select
        source_name,
        entity_name,
        'days_since_last_record' as measure_id,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        cast({{ days_between(business_date('last_written_at'), as_of()) }} as double)
            as value,
        'days' as unit
    from counts
    where last_written_at is not null
    union all
    select
        source_name,
        entity_name,
        'count_quarantined' as measure_id,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        cast(sum(count_refused) as double) as value,
        'records' as unit
    from refusals
    group by source_name, entity_name
    union all
    select
        source_name,
        entity_name,
        'count_quarantined_' || reason_code as measure_id,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        cast(count_refused as double) as value,
        'records' as unit
    from refusals
    union all
    select
        'all' as source_name,
        table_name as entity_name,
        'share_checks_passed' as measure_id,
        cast(count_passed as double) as numerator,
        cast(count_checks as double) as denominator,
        {{ ratio('count_passed', 'count_checks') }} as value,
        'ratio' as unit
    from checks

),

final as (

    select
        source_name,
        entity_name,
        measure_id,
        {{ as_of() }} as as_of,
        numerator,
        denominator,
        value,
        unit
    from measured

)

select * from final
