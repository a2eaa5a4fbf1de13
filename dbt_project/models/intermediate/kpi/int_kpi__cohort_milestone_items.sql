{% set grains = ['month', 'quarter', 'fiscal_year'] %}
with

stage_milestones as (

    select * from {{ ref('int_deals__stage_milestones') }}
    where is_due

),

deals as (

    select * from {{ ref('fct_deals') }}
    where is_reportable

),

-- A milestone that was validated before its stage took no time. Nothing is validated
-- any more once the deal is closed, won or lost.
timed as (

    select
        stage_milestones.milestone_id,
        stage_milestones.deal_id,
        {{ business_date('stage_milestones.reached_at') }} as reached_date,
        case
            when
                stage_milestones.first_validated_at <= stage_milestones.reached_at
                then 0
            else
                {{ seconds_between(
                    'stage_milestones.reached_at',
                    'stage_milestones.first_validated_at'
                ) }}
        end as reach_seconds,
        {{ seconds_between('stage_milestones.reached_at', 'deals.closed_at') }}
            as compete_seconds,
        {{ seconds_between('stage_milestones.reached_at', end_of_as_of()) }}
            as followup_seconds
    from stage_milestones
    inner join deals
        on stage_milestones.deal_id = deals.deal_id

),

final as (

    {% for grain in grains %}
    select
        'milestone_pass_rate' as metric_id,
        'milestone' as dimension_name,
        milestone_id as dimension_value,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'reached_date') }} as period_start,
        deal_id as item_id,
        reach_seconds,
        compete_seconds,
        followup_seconds
    from timed
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
