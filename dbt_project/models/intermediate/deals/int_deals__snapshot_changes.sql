with

-- A deal that a snapshot leaves out is as it was: what is not delivered is not lost.
snapshots as (

    select
        *,
        row_number() over (
            partition by deal_id
            order by snapshot_date
        ) as snapshot_number,
        lag(snapshot_date) over (
            partition by deal_id
            order by snapshot_date
        ) as previous_date,
        lag(coalesce(pipeline_name, '')) over (
            partition by deal_id
            order by snapshot_date
        ) as previous_pipeline_name,
        lag(stage_name) over (
            partition by deal_id
            order by snapshot_date
        ) as previous_stage_name,
        lag(amount) over (
            partition by deal_id
            order by snapshot_date
        ) as previous_amount,
        lag(closed_at) over (
            partition by deal_id
            order by snapshot_date
        ) as previous_closed_at
    from {{ ref('stg_files__deals_history') }}
    where
        is_delivered
        and recorded_at < {{ end_of_as_of() }}

),

changed as (

    select
        *,
        {{ start_of_day('snapshot_date') }} as day_started_at,
        {{ start_of_day(add_days('snapshot_date', 1)) }} as day_ended_at
    from snapshots
    where
        snapshot_number = 1
        or coalesce(pipeline_name, '') <> previous_pipeline_name
        or stage_name <> previous_stage_name
        or amount <> previous_amount
        or (amount is null and previous_amount is not null)
        or (amount is not null and previous_amount is null)

),

-- The day is all that a snapshot knows. The creation and the closing say more, where
-- they lie in the time that the snapshot leaves open: before it for the first one, and
-- since the one before for a later one.
final as (

    select
        deal_id,
        cast(snapshot_number as bigint) as snapshot_number,
        snapshot_date,
        pipeline_name,
        stage_name,
        amount,
        case
            when
                closed_at < day_ended_at
                and (
                    snapshot_number = 1
                    or (
                        closed_at >= {{ start_of_day('previous_date') }}
                        and coalesce(closed_at <> previous_closed_at, true)
                    )
                )
                then closed_at
            when snapshot_number = 1 and created_at < day_ended_at then created_at
            else day_started_at
        end as occurred_at,
        recorded_at,
        'day' as timestamp_precision
    from changed

)

select * from final
