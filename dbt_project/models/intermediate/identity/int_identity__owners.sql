with

owners as (

    select * from {{ ref('stg_files__owners') }}

),

final as (

    select
        owner_id,
        team_name,
        region_name,
        is_active and not is_deleted as is_active
    from owners

)

select * from final
