with

entries as (

    select * from {{ ref('int_kpi__content_entries') }}

),

fit_profiles as (

    select * from {{ ref('int_lifecycle__fit_profiles') }}

),

counted as (

    select
        entries.period_grain,
        entries.period_start,
        entries.content_id,
        count(*) as count_people,
        count(fit_profiles.person_id) as count_known,
        sum(case when fit_profiles.is_wanted_profile then 1 else 0 end)
            as count_wanted
    from entries
    left join fit_profiles
        on entries.person_id = fit_profiles.person_id
    group by entries.period_grain, entries.period_start, entries.content_id

),

final as (

    select
        'actual' as period_kind,
        period_grain,
        period_start,
        'content_people' as metric_id,
        'content' as dimension_name,
        content_id as dimension_value,
        'period' as basis,
        cast(0 as bigint) as window_days,
        cast(count_people as decimal(18, 4)) as numerator,
        cast(null as decimal(18, 4)) as denominator,
        cast(count_people as double) as value,
        cast(count_people as double) as value_variance,
        cast(null as double) as count_effective_trials,
        cast(count_people as decimal(18, 4)) as count_observed
    from counted
    union all
    select
        'actual' as period_kind,
        period_grain,
        period_start,
        'content_wanted_rate' as metric_id,
        'content' as dimension_name,
        content_id as dimension_value,
        'period' as basis,
        cast(0 as bigint) as window_days,
        cast(count_wanted as decimal(18, 4)) as numerator,
        cast(count_known as decimal(18, 4)) as denominator,
        {{ ratio('count_wanted', 'count_known') }} as value,
        cast(null as double) as value_variance,
        cast(nullif(count_known, 0) as double) as count_effective_trials,
        cast(count_known as decimal(18, 4)) as count_observed
    from counted

)

select * from final
