with

deals as (

    select * from {{ ref('int_deals__current') }}

),

contact_records as (

    select * from {{ ref('stg_files__persons') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

final as (

    select
        persons.person_id,
        deals.closed_at,
        deals.deal_status as close_reason
    from deals
    inner join persons
        on deals.source_person_id = persons.source_person_id
    where
        deals.deal_status in ('won', 'lost')
        and deals.closed_at is not null
        and deals.not_reportable_reason is null
    union all
    select
        persons.person_id,
        contact_records.disqualified_at as closed_at,
        'disqualified' as close_reason
    from contact_records
    inner join persons
        on contact_records.person_id = persons.source_person_id
    where
        contact_records.disqualified_at < {{ end_of_as_of() }}
        and not persons.is_test
        and not persons.is_deleted

)

select * from final
