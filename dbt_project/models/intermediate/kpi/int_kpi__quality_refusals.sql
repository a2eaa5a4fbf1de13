with

quarantined_rows as (

    select * from {{ ref('stg_files__quarantined_rows') }}

),

-- The same row in two files is one refusal.
final as (

    select
        source_name,
        entity_name,
        reason_code,
        count(distinct row_hash) as count_refused
    from quarantined_rows
    where source_name is not null and entity_name is not null
    group by source_name, entity_name, reason_code

)

select * from final
