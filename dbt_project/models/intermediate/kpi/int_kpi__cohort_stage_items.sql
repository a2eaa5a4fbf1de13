{#- What each variant of KPI 3 takes as reaching a stage, and what rules out the next
    one. A deal that was won without holding a stage never will. -#}
{% set variants = [
    ('kpi3_stage_conversion', 'first_reached_at', 'next_reached_at', 'lost_at'),
    ('kpi3_stage_conversion_touched', 'first_held_at', 'next_held_at', 'closed_at'),
    ('kpi3_stage_conversion_strict', 'all_held_at', 'next_all_held_at', 'closed_at'),
] %}
{% set grains = ['week', 'month', 'quarter', 'fiscal_year'] %}
with

reaches as (

    select * from {{ ref('int_kpi__stage_reaches') }}

),

-- A stage that was held before the one it follows counts from the entry on.
timed as (

    {% for metric, entered_at, reached_at, ruled_out_at in variants %}
    select
        '{{ metric }}' as metric_id,
        stage_id,
        deal_id,
        {{ business_date(entered_at) }} as entered_date,
        amount_at_reach_base as item_amount,
        case
            when {{ reached_at }} < {{ entered_at }} then 0
            else {{ seconds_between(entered_at, reached_at) }}
        end as reach_seconds,
        case
            when {{ reached_at }} is null and {{ ruled_out_at }} < {{ entered_at }}
                then 0
            when {{ reached_at }} is null
                then {{ seconds_between(entered_at, ruled_out_at) }}
        end as compete_seconds,
        {{ seconds_between(entered_at, end_of_as_of()) }} as followup_seconds
    from reaches
    where {{ entered_at }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- All deals there ever were, without a window: what a deal at this stage is worth.
until_won as (

    select
        stage_id,
        deal_id,
        case
            when lost_at is null
                then {{ seconds_between('first_reached_at', 'closed_at') }}
        end as reach_seconds,
        {{ seconds_between('first_reached_at', 'lost_at') }} as compete_seconds,
        {{ seconds_between('first_reached_at', end_of_as_of()) }} as followup_seconds,
        amount_at_reach_base as item_amount
    from reaches
    where first_reached_at is not null

),

final as (

    select
        'stage_win_chance' as metric_id,
        'stage' as dimension_name,
        stage_id as dimension_value,
        'history' as period_grain,
        cast('1970-01-01' as date) as period_start,
        deal_id as item_id,
        reach_seconds,
        compete_seconds,
        followup_seconds,
        item_amount
    from until_won
    {% for grain in grains %}
    union all
    select
        metric_id,
        'stage' as dimension_name,
        stage_id as dimension_value,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'entered_date') }} as period_start,
        deal_id as item_id,
        reach_seconds,
        compete_seconds,
        followup_seconds,
        item_amount
    from timed
    {% endfor %}

)

select * from final
