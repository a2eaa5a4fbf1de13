{% set dimensions = [
    ('total', "'all'"),
    ('channel', "coalesce(disqualified.acquisition_channel_name, 'Unassigned')"),
] %}
with

leads as (

    select * from {{ ref('fct_leads') }}

),

period_days as (

    select * from {{ ref('int_kpi__period_days') }}
    where period_grain <> 'day'

),

disqualified as (

    {% for metric, started_at in [
        ('disqualification_days_from_lead', 'opened_at'),
        ('disqualification_days_from_mql', 'mql_at'),
    ] %}
    select
        '{{ metric }}' as metric_id,
        acquisition_channel_name,
        {{ business_date('closed_at') }} as closed_date,
        {{ days_elapsed(started_at, 'closed_at') }} as days_to_disqualification
    from leads
    where close_reason = 'disqualified' and {{ started_at }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    {% for name, expression in dimensions %}
    select
        period_days.period_kind,
        period_days.period_grain,
        period_days.period_start,
        disqualified.metric_id,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        'period' as basis,
        cast(0 as bigint) as window_days,
        cast(null as decimal(18, 4)) as numerator,
        cast(count(*) as decimal(18, 4)) as denominator,
        round({{ percentile('disqualified.days_to_disqualification', 0.5) }}, 12)
            as value,
        cast(null as double) as value_variance,
        cast(null as double) as count_effective_trials,
        cast(count(*) as decimal(18, 4)) as count_observed
    from disqualified
    inner join period_days
        on disqualified.closed_date = period_days.date_day
    group by
        period_days.period_kind,
        period_days.period_grain,
        period_days.period_start,
        disqualified.metric_id,
        {{ expression }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
