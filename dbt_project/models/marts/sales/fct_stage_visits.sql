with

visits as (

    select * from {{ ref('int_deals__visits') }}

),

reaches as (

    select * from {{ ref('int_deals__reaches') }}

),

deals as (

    select * from {{ ref('int_deals__current') }}

),

stage_limits as (

    select * from {{ ref('int_deals__stage_limits') }}

),

exchange_rates as (

    select * from {{ ref('int_orders__exchange_rate_periods') }}

),

-- The deal must be visible too: a log may know a deal whose own row is not.
visits_with_dates as (

    select
        visits.*,
        deals.currency_code,
        deals.not_reportable_reason is null as is_reportable,
        {{ business_date('visits.entered_at') }} as entered_date,
        {{ business_date('visits.exited_at') }} as exited_date
    from visits
    inner join deals
        on visits.deal_id = deals.deal_id

),

held as (

    select
        {{ surrogate_key(['visits.deal_id', 'visits.visit_number']) }}
            as stage_visit_id,
        visits.deal_id,
        visits.stage_id,
        visits.pipeline_name,
        visits.stage_rank,
        cast(visits.visit_number as bigint) as visit_number,
        cast(visits.stage_visit_number as bigint) as stage_visit_number,
        visits.entered_at,
        visits.entered_date,
        visits.exited_at,
        {{ seconds_between('visits.entered_at', 'visits.exited_at') }}
            as duration_seconds,
        visits.is_open,
        coalesce(
            visits.is_open
            and visits.is_reportable
            and {{ seconds_between('visits.entered_at', end_of_as_of()) }}
            > stage_limits.stalled_after_seconds,
            false
        ) as is_stalled,
        false as is_skipped,
        visits.is_regression,
        visits.exit_type,
        {{ amount_in_base(
            'visits.amount_at_entry', 'visits.currency_code',
            'entry_rates.rate_to_base'
        ) }} as amount_at_entry_base,
        {{ amount_in_base(
            'visits.amount_at_exit', 'visits.currency_code',
            'exit_rates.rate_to_base'
        ) }} as amount_at_exit_base,
        visits.timestamp_precision
    from visits_with_dates as visits
    left join stage_limits
        on visits.stage_id = stage_limits.stage_id
    left join exchange_rates as entry_rates
        on
            visits.currency_code = entry_rates.currency_code
            and visits.entered_date >= entry_rates.valid_from_date
            and visits.entered_date < entry_rates.valid_to_date
    left join exchange_rates as exit_rates
        on
            visits.currency_code = exit_rates.currency_code
            and visits.exited_date >= exit_rates.valid_from_date
            and visits.exited_date < exit_rates.valid_to_date

),

skipped as (

    select
        {{ surrogate_key(['reaches.deal_id', 'reaches.stage_id']) }}
            as stage_visit_id,
        reaches.deal_id,
        reaches.stage_id,
        reaches.pipeline_name,
        reaches.stage_rank,
        cast(null as bigint) as visit_number,
        cast(null as bigint) as stage_visit_number,
        cast(null as timestamp) as entered_at,
        cast(null as date) as entered_date,
        cast(null as timestamp) as exited_at,
        cast(null as bigint) as duration_seconds,
        false as is_open,
        false as is_stalled,
        true as is_skipped,
        false as is_regression,
        cast(null as string) as exit_type,
        cast(null as decimal(18, 4)) as amount_at_entry_base,
        cast(null as decimal(18, 4)) as amount_at_exit_base,
        'instant' as timestamp_precision
    from reaches
    inner join deals
        on reaches.deal_id = deals.deal_id
    where reaches.is_skipped

),

final as (

    select * from held
    union all
    select * from skipped

)

select * from final
