with

deals as (

    select * from {{ ref('stg_files__deals') }}

),

deal_history as (

    select * from {{ ref('stg_files__deal_history') }}

),

snapshot_changes as (

    select * from {{ ref('int_deals__snapshot_changes') }}

),

stages as (

    select * from {{ ref('stg_workspace__stages') }}

),

-- A source that names no pipeline means the only one there is.
only_pipeline as (

    select min(pipeline_name) as pipeline_name
    from stages
    having count(distinct pipeline_name) = 1

),

deals_with_pipeline as (

    select
        deals.deal_id,
        deals.stage_name,
        deals.amount,
        deals.created_at,
        deals.closed_at,
        deals.recorded_at,
        coalesce(deals.pipeline_name, only_pipeline.pipeline_name) as pipeline_name
    from deals
    left join only_pipeline
        on true

),

-- A log of stages alone says nothing of the amount: then the deal's own holds
-- throughout.
logged as (

    select
        deal_history.deal_id,
        coalesce(deal_history.pipeline_name, deals_with_pipeline.pipeline_name)
            as pipeline_name,
        deal_history.stage_name,
        case
            when
                count(deal_history.amount) over (partition by deal_history.deal_id) = 0
                then deals_with_pipeline.amount
            else deal_history.amount
        end as amount,
        deal_history.occurred_at,
        coalesce(deal_history.recorded_at, deal_history.occurred_at) as recorded_at,
        coalesce(deal_history.sequence_number, 0) as sequence_number,
        deal_history.change_id,
        'instant' as timestamp_precision
    from deal_history
    inner join deals_with_pipeline
        on deal_history.deal_id = deals_with_pipeline.deal_id

),

-- Where a deal has a log, the snapshots beside it say nothing new.
deals_with_log as (

    select distinct deal_id from deal_history

),

traced as (

    select * from logged
    union all
    select
        snapshot_changes.deal_id,
        coalesce(snapshot_changes.pipeline_name, deals_with_pipeline.pipeline_name)
            as pipeline_name,
        snapshot_changes.stage_name,
        snapshot_changes.amount,
        snapshot_changes.occurred_at,
        snapshot_changes.recorded_at,
        snapshot_changes.snapshot_number as sequence_number,
        snapshot_changes.deal_id as change_id,
        snapshot_changes.timestamp_precision
    from snapshot_changes
    inner join deals_with_pipeline
        on snapshot_changes.deal_id = deals_with_pipeline.deal_id
    left join deals_with_log
        on snapshot_changes.deal_id = deals_with_log.deal_id
    where deals_with_log.deal_id is null

),

-- Looked at before the as-of cut: a log that will record the closing later must not be
-- completed from the row of the deal, which already knows it.
log_coverage as (

    select
        traced.deal_id,
        max(case when stages.stage_type in ('won', 'lost') then 1 else 0 end)
            as has_closing,
        max(traced.occurred_at) as last_logged_at
    from traced
    left join stages
        on
            traced.pipeline_name = stages.pipeline_name
            and traced.stage_name = stages.stage_name
    group by traced.deal_id

),

-- Without a log only two things are known: the stage now, and the closing. The stages
-- that a closed deal held before are unknown, so none is invented for it. What the row
-- says is the last word: a closing that is dated before the last change of the log, be
-- it for want of an hour, comes with that change, and was not known earlier.
closing_times as (

    select
        deals_with_pipeline.deal_id,
        case
            when deals_with_pipeline.closed_at < log_coverage.last_logged_at
                then log_coverage.last_logged_at
            else deals_with_pipeline.closed_at
        end as closed_at,
        log_coverage.has_closing
    from deals_with_pipeline
    left join log_coverage
        on deals_with_pipeline.deal_id = log_coverage.deal_id

),

derived as (

    select
        deals_with_pipeline.deal_id,
        deals_with_pipeline.pipeline_name,
        deals_with_pipeline.stage_name,
        deals_with_pipeline.amount,
        case
            when stages.stage_type in ('won', 'lost') then closing_times.closed_at
            else deals_with_pipeline.created_at
        end as occurred_at,
        case
            when stages.stage_type in ('won', 'lost') then closing_times.closed_at
            else
                coalesce(
                    deals_with_pipeline.recorded_at, deals_with_pipeline.created_at
                )
        end as recorded_at,
        cast(0 as bigint) as sequence_number,
        deals_with_pipeline.deal_id as change_id,
        'day' as timestamp_precision
    from deals_with_pipeline
    left join stages
        on
            deals_with_pipeline.pipeline_name = stages.pipeline_name
            and deals_with_pipeline.stage_name = stages.stage_name
    inner join closing_times
        on deals_with_pipeline.deal_id = closing_times.deal_id
    where
        case
            when stages.stage_type in ('won', 'lost')
                then coalesce(closing_times.has_closing, 0) = 0
            else closing_times.has_closing is null
        end

),

unioned as (

    select
        *,
        false as is_derived
    from traced
    union all
    select
        *,
        true as is_derived
    from derived

),

visible as (

    select
        unioned.*,
        stages.stage_rank,
        coalesce(stages.stage_type, 'open') as stage_type
    from unioned
    left join stages
        on
            unioned.pipeline_name = stages.pipeline_name
            and unioned.stage_name = stages.stage_name
    where
        unioned.occurred_at is null
        or (
            unioned.occurred_at < {{ end_of_as_of() }}
            and unioned.recorded_at < {{ end_of_as_of() }}
        )

),

-- Order inside one instant: the row of the deal comes after its log. There winning is
-- last, since tools write the won stage and the last open stage in either order within
-- one transaction; then the source's own sequence, then the way of the process.
numbered as (

    select
        *,
        row_number() over (
            partition by deal_id
            order by
                coalesce(occurred_at, cast('9999-12-31' as timestamp)),
                case when is_derived then 1 else 0 end,
                case when stage_type = 'won' then 1 else 0 end,
                sequence_number,
                coalesce(stage_rank, 1000000),
                change_id
        ) as change_number
    from visible

),

amount_groups as (

    select
        *,
        count(amount) over (
            partition by deal_id
            order by change_number
            rows between unbounded preceding and current row
        ) as amount_number
    from numbered

),

final as (

    select
        deal_id,
        change_number,
        pipeline_name || ':' || stage_name as stage_id,
        pipeline_name,
        stage_rank,
        stage_type,
        occurred_at,
        recorded_at,
        max(amount) over (partition by deal_id, amount_number) as amount,
        is_derived,
        timestamp_precision
    from amount_groups

)

select * from final
