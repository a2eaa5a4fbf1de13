{% set grains = ['week', 'month', 'quarter', 'fiscal_year'] %}
with

reaches as (

    select * from {{ ref('int_kpi__stage_reaches') }}

),

timed as (

    select
        stage_id,
        deal_id,
        first_reached_date,
        {{ seconds_between('first_reached_at', 'next_reached_at') }} as reach_seconds,
        case
            when next_reached_at is null
                then {{ seconds_between('first_reached_at', 'lost_at') }}
        end as compete_seconds,
        {{ seconds_between('first_reached_at', end_of_as_of()) }} as followup_seconds
    from reaches

),

final as (

    {% for grain in grains %}
    select
        'kpi3_stage_conversion' as metric_id,
        'stage' as dimension_name,
        stage_id as dimension_value,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'first_reached_date') }} as period_start,
        deal_id as item_id,
        reach_seconds,
        compete_seconds,
        followup_seconds
    from timed
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
