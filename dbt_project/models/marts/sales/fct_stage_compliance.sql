{% set dimensions = ['budget', 'authority', 'need', 'timeframe'] %}
with

stage_milestones as (

    select * from {{ ref('int_deals__stage_milestones') }}

),

deals as (

    select * from {{ ref('fct_deals') }}

),

counted as (

    select
        deal_id,
        stage_id,
        stage_rank,
        reached_at,
        next_reached_at,
        ended_at,
        {% for dimension in dimensions %}
        max(
            case
                when coalesce(bant_dimension <> '{{ dimension }}', true) then 0
                when milestone_state = 'validated' then 3
                when milestone_state = 'refused' then 2
                when milestone_state = 'pending' then 1
                else 0
            end
        ) as {{ dimension }}_rank,
        {% endfor %}
        cast(sum(case when is_due then 1 else 0 end) as bigint)
            as count_milestones_due,
        cast(
            sum(case when is_due and milestone_state = 'validated' then 1 else 0 end)
            as bigint
        ) as count_milestones_validated,
        cast(
            sum(case when is_due and milestone_state = 'unknown' then 1 else 0 end)
            as bigint
        ) as count_milestones_unknown
    from stage_milestones
    group by
        deal_id, stage_id, stage_rank, reached_at, next_reached_at, ended_at

),

final as (

    select
        {{ surrogate_key(['counted.deal_id', 'counted.stage_id']) }}
            as stage_compliance_id,
        counted.deal_id,
        counted.stage_id,
        cast(counted.stage_rank as bigint) as stage_rank,
        deals.owner_id,
        deals.is_reportable,
        counted.reached_at,
        {{ business_date('counted.reached_at') }} as reached_date,
        counted.ended_at,
        {{ business_date('counted.ended_at') }} as ended_date,
        counted.next_reached_at is not null as is_advanced,
        counted.count_milestones_due,
        counted.count_milestones_validated,
        counted.count_milestones_due - counted.count_milestones_validated
        - counted.count_milestones_unknown as count_milestones_not_validated,
        counted.count_milestones_unknown,
        -- Only a transition can break the rule, and only where something was due.
        case
            when counted.next_reached_at is null or counted.count_milestones_due = 0
                then null
            when
                counted.count_milestones_due
                > counted.count_milestones_validated + counted.count_milestones_unknown
                then false
            when counted.count_milestones_unknown = 0 then true
        end as is_compliant,
        {% for dimension in dimensions %}
        case counted.{{ dimension }}_rank
            when 3 then 'validated'
            when 2 then 'refused'
            when 1 then 'pending'
            else 'unknown'
        end as {{ dimension }}_state,
        {% endfor %}
        cast(
            {% for dimension in dimensions %}
            case when counted.{{ dimension }}_rank >= 2 then 1 else 0 end
            {{ '+' if not loop.last }}
            {% endfor %}
            as bigint
        ) as count_bant_known,
        cast(
            {% for dimension in dimensions %}
            case when counted.{{ dimension }}_rank = 3 then 1 else 0 end
            {{ '+' if not loop.last }}
            {% endfor %}
            as bigint
        ) as count_bant_validated
    from counted
    inner join deals
        on counted.deal_id = deals.deal_id

)

select * from final
