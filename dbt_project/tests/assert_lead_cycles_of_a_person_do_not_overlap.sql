-- A person is in one cycle at a time, so that no MQL is counted twice.
{{ config(meta={'dagster': {'ref': {'name': 'fct_leads'}}}) }}

with

leads as (

    select * from {{ ref('fct_leads') }}

),

next_leads as (

    select
        lead_cycle_id,
        closed_at,
        lead(opened_at) over (
            partition by person_id
            order by cycle_number
        ) as next_opened_at
    from leads

),

final as (

    select *
    from next_leads
    where
        next_opened_at is not null
        and coalesce(closed_at > next_opened_at, true)

)

select * from final
