with

sessions as (

    select * from {{ ref('fct_web_sessions') }}

),

exposures as (

    select * from {{ ref('fct_audience_exposures') }}

),

leads as (

    select * from {{ ref('fct_leads') }}

),

mqls as (

    select * from {{ ref('fct_mqls') }}

),

period_days as (

    select * from {{ ref('int_kpi__period_days') }}

),

visitor_days as (

    select distinct
        visitor_id,
        session_date
    from sessions
    where visitor_id is not null and not is_bot and not is_internal

),

-- A visitor who comes back within the period is one visitor: never a sum of days.
visitors as (

    select
        period_days.period_kind,
        period_days.period_grain,
        period_days.period_start,
        count(distinct visitor_days.visitor_id) as count_people
    from visitor_days
    inner join period_days
        on visitor_days.session_date = period_days.date_day
    group by
        period_days.period_kind, period_days.period_grain, period_days.period_start

),

audience_sizes as (

    select
        period_kind,
        period_grain,
        period_start,
        'web_site' as audience_type,
        count_people
    from visitors
    union all
    select
        period_days.period_kind,
        period_days.period_grain,
        period_days.period_start,
        exposures.audience_type,
        sum(exposures.count_people) as count_people
    from exposures
    inner join period_days
        on exposures.exposure_date = period_days.date_day
    where
        not exposures.is_identified
        and exposures.audience_type not in ('web_site', 'email')
    group by
        period_days.period_kind,
        period_days.period_grain,
        period_days.period_start,
        exposures.audience_type

),

reached as (

    select
        'kpi1_lead_rate' as metric_id,
        acquisition_audience_type as audience_type,
        opened_date as reached_date
    from leads
    union all
    select
        'kpi1_mql_rate' as metric_id,
        acquisition_audience_type as audience_type,
        mql_date as reached_date
    from mqls

),

reached_counts as (

    select
        period_days.period_kind,
        period_days.period_grain,
        period_days.period_start,
        reached.metric_id,
        reached.audience_type,
        count(*) as count_reached
    from reached
    inner join period_days
        on reached.reached_date = period_days.date_day
    group by
        period_days.period_kind,
        period_days.period_grain,
        period_days.period_start,
        reached.metric_id,
        reached.audience_type

),

metrics as (

    select 'kpi1_lead_rate' as metric_id
    union all
    select 'kpi1_mql_rate' as metric_id

),

by_audience as (

    select
        audience_sizes.period_kind,
        audience_sizes.period_grain,
        audience_sizes.period_start,
        metrics.metric_id,
        audience_sizes.audience_type,
        coalesce(reached_counts.count_reached, 0) as count_reached,
        audience_sizes.count_people
    from audience_sizes
    cross join metrics
    left join reached_counts
        on
            audience_sizes.period_kind = reached_counts.period_kind
            and audience_sizes.period_grain = reached_counts.period_grain
            and audience_sizes.period_start = reached_counts.period_start
            and audience_sizes.audience_type = reached_counts.audience_type
            and metrics.metric_id = reached_counts.metric_id

),

-- The same people walk past the shop and visit the site, and nobody can tell: there is
-- no total over audiences that are only counted.
final as (

    select
        period_kind,
        period_grain,
        period_start,
        metric_id,
        'audience_type' as dimension_name,
        audience_type as dimension_value,
        cast(count_reached as decimal(18, 4)) as numerator,
        cast(count_people as decimal(18, 4)) as denominator
    from by_audience

)

select * from final
