with

final as (

    select
        'kpi1_lead_rate' as metric_id,
        cast({{ var('lead_window_days') }} as bigint) as window_days
    union all
    select
        'kpi1_mql_rate' as metric_id,
        cast({{ var('lead_window_days') }} as bigint) as window_days
    {% for days in var('sql_window_days') %}
    union all
    select
        'kpi2_sql_rate' as metric_id,
        cast({{ days }} as bigint) as window_days
    union all
    select
        'kpi2_contacted_rate' as metric_id,
        cast({{ days }} as bigint) as window_days
    union all
    select
        'kpi2_valid_rate' as metric_id,
        cast({{ days }} as bigint) as window_days
    {% endfor %}
    {% for variant in ['', '_amount', '_touched', '_strict'] %}
    union all
    select
        'kpi3_stage_conversion{{ variant }}' as metric_id,
        cast({{ var('stage_window_days') }} as bigint) as window_days
    {% endfor %}
    union all
    select
        'funnel_next' as metric_id,
        cast({{ var('stage_window_days') }} as bigint) as window_days
    union all
    select
        'funnel_start' as metric_id,
        cast({{ var('funnel_window_days') }} as bigint) as window_days
    union all
    select
        'repurchase_rate' as metric_id,
        cast(365 as bigint) as window_days
    union all
    select
        'win_rate' as metric_id,
        cast({{ var('win_window_days') }} as bigint) as window_days
    union all
    select
        'milestone_pass_rate' as metric_id,
        cast({{ var('stage_window_days') }} as bigint) as window_days
    union all
    select
        'disqualified_regret' as metric_id,
        cast(365 as bigint) as window_days
    {% for metric in ['content_mql_rate', 'content_sql_rate', 'content_order_rate'] %}
    union all
    select
        '{{ metric }}' as metric_id,
        cast({{ var('content_window_days') }} as bigint) as window_days
    {% endfor %}

)

select * from final
