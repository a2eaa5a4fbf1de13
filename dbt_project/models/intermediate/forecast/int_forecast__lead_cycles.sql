with

cycles as (

    select * from {{ ref('int_lifecycle__cycles') }}

),

qualifications as (

    select * from {{ ref('int_lifecycle__qualifications') }}

),

activities as (

    select * from {{ ref('int_lifecycle__activities') }}

),

contact_records as (

    select * from {{ ref('stg_files__persons') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

-- Before its first contact record exists nobody knows of a lead.
first_records as (

    select
        persons.person_id,
        min(contact_records.recorded_at) as recorded_at
    from contact_records
    inner join persons
        on contact_records.person_id = persons.source_person_id
    group by persons.person_id

),

timed as (

    select
        cycles.lead_cycle_id,
        cycles.opened_at,
        cycles.mql_at,
        qualifications.sql_at,
        cycles.closed_at,
        greatest(
            cycles.opened_at, coalesce(first_records.recorded_at, cycles.opened_at)
        ) as opened_recorded_at,
        -- A contact counts from the day on which it was judged.
        greatest(
            qualifications.sql_at,
            coalesce(activities.recorded_at, qualifications.sql_at),
            coalesce(activities.verdict_at, qualifications.sql_at)
        ) as sql_recorded_at
    from cycles
    inner join qualifications
        on cycles.lead_cycle_id = qualifications.lead_cycle_id
    left join activities
        on qualifications.activity_id = activities.activity_id
    left join first_records
        on cycles.person_id = first_records.person_id

),

final as (

    select
        lead_cycle_id,
        {{ business_date('opened_at') }} as opened_date,
        {{ business_date('opened_recorded_at') }} as opened_recorded_date,
        {{ business_date('mql_at') }} as mql_date,
        {{ business_date('sql_at') }} as sql_date,
        {{ business_date('sql_recorded_at') }} as sql_recorded_date,
        {{ business_date('closed_at') }} as closed_date
    from timed

)

select * from final
