{%- set rules = [
    ('is_need_validated_before_demo', 'is_need', 'is_validated_before_demo'),
    ('is_roi_validated_before_demo', 'is_roi', 'is_validated_before_demo'),
    ('is_demo_succeeded', 'is_demo', 'is_validated'),
    ('is_authority_validated', 'is_authority', 'is_validated'),
    ('is_blockers_validated', 'is_blockers', 'is_validated'),
] -%}
with

activities as (

    select * from {{ ref('int_lifecycle__activities') }}

),

deals as (

    select * from {{ ref('int_deals__current') }}

),

checks as (

    select * from {{ ref('int_deals__milestone_checks') }}

),

milestones as (

    select
        pipeline_name,
        milestone_code,
        coalesce(bant_dimension = 'need', false) as is_need,
        coalesce(bant_dimension = 'authority', false) as is_authority,
        coalesce(milestone_role = 'expected_roi', false) as is_roi,
        coalesce(milestone_role = 'demo', false) as is_demo,
        coalesce(milestone_role = 'blockers', false) as is_blockers
    from {{ ref('stg_workspace__milestones') }}

),

-- A demonstration is known from its activity, or from the judgement of it.
demo_moments as (

    select
        deal_id,
        occurred_at
    from activities
    where
        activity_type in {{ text_list(var('demo_activities')) }}
        and outcome in {{ text_list(var('human_contact_outcomes')) }}
    union all
    select
        checks.deal_id,
        checks.occurred_at
    from checks
    inner join deals
        on checks.deal_id = deals.deal_id
    inner join milestones
        on
            checks.milestone_code = milestones.milestone_code
            and deals.pipeline_name = milestones.pipeline_name
    where
        milestones.is_demo and checks.milestone_status in ('validated', 'refused')

),

demos as (

    select
        deals.deal_id,
        deals.pipeline_name,
        min(demo_moments.occurred_at) as demo_at
    from demo_moments
    inner join deals
        on demo_moments.deal_id = deals.deal_id
    group by deals.deal_id, deals.pipeline_name

),

numbered_checks as (

    select
        checks.deal_id,
        checks.milestone_code,
        checks.milestone_status,
        checks.occurred_at <= demos.demo_at as is_before_demo,
        row_number() over (
            partition by
                checks.deal_id,
                checks.milestone_code,
                checks.occurred_at <= demos.demo_at
            order by checks.occurred_at desc, checks.milestone_check_id desc
        ) as number_from_end,
        row_number() over (
            partition by checks.deal_id, checks.milestone_code
            order by checks.occurred_at desc, checks.milestone_check_id desc
        ) as number_from_end_of_all
    from checks
    inner join demos
        on checks.deal_id = demos.deal_id

),

-- A milestone first checked after the demonstration was not validated before it: that
-- is known. Without any check nothing is.
milestone_states as (

    select
        deal_id,
        milestone_code,
        coalesce(
            max(
                case
                    when is_before_demo and number_from_end = 1 then milestone_status
                end
            ) = 'validated',
            false
        ) as is_validated_before_demo,
        max(case when number_from_end_of_all = 1 then milestone_status end)
            as last_status
    from numbered_checks
    group by deal_id, milestone_code

),

rule_states as (

    select
        demos.deal_id,
        demos.demo_at,
        milestones.is_need,
        milestones.is_authority,
        milestones.is_roi,
        milestones.is_demo,
        milestones.is_blockers,
        milestone_states.is_validated_before_demo,
        case milestone_states.last_status
            when 'validated' then true
            when 'refused' then false
        end as is_validated
    from demos
    left join milestones
        on demos.pipeline_name = milestones.pipeline_name
    left join milestone_states
        on
            demos.deal_id = milestone_states.deal_id
            and milestones.milestone_code = milestone_states.milestone_code

),

-- All milestones of a rule must hold: false where one does not, unknown where none is
-- known to fail and one is not known.
final as (

    select
        deal_id,
        {% for rule, flag, state in rules %}
        case
            when max(case when {{ flag }} and not {{ state }} then 1 else 0 end) = 1
                then false
            when
                sum(case when {{ flag }} then 1 else 0 end) > 0
                and sum(case when {{ flag }} and {{ state }} then 1 else 0 end)
                = sum(case when {{ flag }} then 1 else 0 end)
                then true
        end as {{ rule }},
        {% endfor %}
        demo_at
    from rule_states
    group by deal_id, demo_at

)

select * from final
