with

changes as (

    select * from {{ ref('int_deals__changes') }}

),

-- A change that was recorded after a later one tells nothing new.
known_changes as (

    select
        deal_id,
        pipeline_name,
        stage_id,
        stage_rank,
        stage_type,
        coalesce(recorded_at, occurred_at, timestamp '1900-01-01 00:00:00')
            as valid_from_at,
        min(coalesce(recorded_at, occurred_at)) over (
            partition by deal_id
            order by change_number
            rows between 1 following and unbounded following
        ) as valid_to_at
    from changes

),

final as (

    select * from known_changes
    where coalesce(valid_from_at < valid_to_at, true)

)

select * from final
