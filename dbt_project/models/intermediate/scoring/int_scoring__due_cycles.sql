with

cycles as (

    select * from {{ ref('int_lifecycle__cycles') }}

),

due_persons as (

    select * from {{ ref('int_scoring__due_persons') }}

),

scored_persons as (

    select * from {{ scored_persons() }}

),

fingerprinted as (

    select
        lead_cycle_id,
        person_id,
        opened_at,
        closed_at,
        sum({{ fingerprint(['lead_cycle_id', 'opened_at', 'closed_at']) }}) over (
            partition by person_id
        ) as cycle_fingerprint
    from cycles

),

final as (

    select fingerprinted.*
    from fingerprinted
    left join scored_persons
        on fingerprinted.person_id = scored_persons.person_id
    left join due_persons
        on fingerprinted.person_id = due_persons.person_id
    where
        due_persons.person_id is not null
        or coalesce(
            fingerprinted.cycle_fingerprint <> scored_persons.cycle_fingerprint, true
        )

)

select * from final
