{#- Metric, relation, condition of the numerator, condition of the denominator,
    dimensions. -#}
{% set all = ('total', "'all'") %}
{% set owner = ('owner', "coalesce(owner_id, 'unassigned')") %}
{% set stage = ('stage', 'stage_id') %}
{% set rules = [
    'demo_after_need_and_roi', 'demo_succeeded', 'demo_with_decision_maker',
    'demo_with_blockers',
] %}
{% set bant = ['budget', 'authority', 'need', 'timeframe'] %}
{% set components = [
    ('milestone_compliance', 'transitions', 'is_compliant', 'is_compliant is not null', [all, owner, stage]),
    ('milestone_compliance_unknown', 'transitions', 'is_compliant is null', 'true', [all, owner, stage]),
    ('bant_complete_rate', 'exits', 'count_bant_known = 4', 'true', [all, owner, stage]),
    ('bant_known_rate', 'answers', "bant_state in ('validated', 'refused')", 'true', [('bant_dimension', 'bant_dimension')]),
    ('bant_validated_rate', 'answers', "bant_state = 'validated'", 'true', [('bant_dimension', 'bant_dimension')]),
    ('demo_rules_unknown', 'rules', 'is_kept is null', 'true', [all, ('rule', 'rule_name')]),
] %}
with

stage_compliance as (

    select * from {{ ref('fct_stage_compliance') }}
    where is_reportable and ended_date is not null

),

demos as (

    select * from {{ ref('fct_deal_compliance') }}
    where is_reportable and demo_date is not null

),

exits as (

    select
        ended_date as event_date,
        *
    from stage_compliance

),

transitions as (

    select * from exits
    where is_advanced and count_milestones_due > 0

),

answers as (

    {% for dimension in bant %}
    select
        event_date,
        '{{ dimension }}' as bant_dimension,
        {{ dimension }}_state as bant_state
    from exits
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

rules as (

    {% for rule in rules %}
    select
        demo_date as event_date,
        owner_id,
        '{{ rule }}' as rule_name,
        is_{{ rule }} as is_kept
    from demos
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

counted as (

    {% for metric, relation, reached, observed, dimensions in components %}
    {% for name, expression in dimensions %}
    select
        '{{ metric }}' as metric_id,
        event_date,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        sum(case when {{ reached }} then 1 else 0 end) as count_reached,
        sum(case when {{ observed }} then 1 else 0 end) as count_observed
    from {{ relation }}
    group by event_date, {{ expression }}
    union all
    {% endfor %}
    {% endfor %}
    {% for name, expression in [all, owner] %}
    select
        rule_name as metric_id,
        event_date,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        sum(case when is_kept then 1 else 0 end) as count_reached,
        sum(case when is_kept is not null then 1 else 0 end) as count_observed
    from rules
    group by rule_name, event_date, {{ expression }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        metric_id,
        event_date,
        dimension_name,
        dimension_value,
        cast(count_reached as decimal(18, 4)) as numerator,
        cast(count_observed as decimal(18, 4)) as denominator,
        cast(0 as decimal(38, 8)) as sum_of_squares
    from counted

)

select * from final
