with

audiences as (

    select * from {{ ref('stg_files__audiences') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

addresses as (

    select * from {{ ref('int_identity__addresses') }}

),

final as (

    select
        audiences.audience_exposure_id as encounter_id,
        audiences.audience_type,
        audiences.audience_name,
        audiences.exposure_date,
        -- The instant is known where the scan was recorded on the day itself; else the
        -- day begins it.
        case
            when {{ business_date('audiences.recorded_at') }} = audiences.exposure_date
                then audiences.recorded_at
            else {{ start_of_day('audiences.exposure_date') }}
        end as encountered_at,
        coalesce(persons.person_id, addresses.person_id) as person_id,
        -- A row that names a contact is one person, found or not.
        case
            when audiences.person_id is not null or audiences.email is not null then 1
            else coalesce(audiences.count_people, 1)
        end as count_people
    from audiences
    left join persons
        on audiences.person_id = persons.source_person_id
    left join addresses
        on audiences.email = addresses.email
    where
        not audiences.is_deleted
        and audiences.exposure_date <= {{ as_of() }}
        and audiences.recorded_at < {{ end_of_as_of() }}

)

select * from final
