with

owners as (

    select * from {{ ref('int_identity__owners') }}

),

final as (

    select
        owner_id,
        team_name,
        region_name,
        is_active
    from owners

)

select * from final
