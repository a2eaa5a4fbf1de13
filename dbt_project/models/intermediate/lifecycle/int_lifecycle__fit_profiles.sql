with

contributions as (

    select * from {{ ref('int_scoring__contributions') }}
    where criterion_group = 'fit' and is_profile_model

),

-- What is known at the end of the as-of day.
final as (

    select
        person_id,
        sum(points) as fit_points,
        sum(max_points) as known_fit_points,
        sum(points) >= sum(max_points) * {{ var('wanted_profile_share') }}
            as is_wanted_profile
    from contributions
    where coalesce(valid_to_at >= {{ end_of_as_of() }}, true)
    group by person_id

)

select * from final
