with

persons as (

    select * from {{ ref('int_identity__persons') }}

),

final as (

    select
        email,
        min(person_id) as person_id
    from persons
    where
        email is not null
        and not is_role_address
        and not is_internal
        and not is_test
    group by email
    having count(distinct person_id) = 1

)

select * from final
