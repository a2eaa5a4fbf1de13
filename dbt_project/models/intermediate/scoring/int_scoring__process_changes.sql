{%- set end_of_time = "timestamp '9999-12-31 00:00:00'" -%}
with

open_spans as (

    select * from {{ ref('int_scoring__deal_spans') }}
    where stage_type = 'open' and stage_rank is not null

),

milestones as (

    select * from {{ ref('stg_workspace__milestones') }}

),

stages as (

    select * from {{ ref('int_lifecycle__stages') }}

),

checks as (

    select * from {{ ref('stg_files__milestone_versions') }}
    where not is_deleted and known_at < {{ end_of_as_of() }}

),

-- Due at a stage is what belongs to it and to those before it (R-38).
due_spans as (

    select
        open_spans.deal_id,
        open_spans.stage_id,
        milestones.milestone_code,
        cast(milestones.milestone_weight as decimal(18, 4)) as milestone_weight,
        open_spans.valid_from_at,
        open_spans.valid_to_at
    from open_spans
    inner join stages
        on
            open_spans.pipeline_name = stages.pipeline_name
            and open_spans.stage_rank >= stages.stage_rank
    inner join milestones
        on stages.stage_id = milestones.stage_id

),

followed_checks as (

    select
        *,
        lead(known_at) over (
            partition by deal_id, milestone_code
            order by known_at, occurred_at, milestone_check_id
        ) as next_known_at
    from checks

),

validations as (

    select
        deal_id,
        milestone_code,
        known_at as valid_from_at,
        least(
            coalesce(next_known_at, {{ end_of_time }}),
            coalesce(replaced_at, {{ end_of_time }})
        ) as valid_to_at
    from followed_checks
    where milestone_status = 'validated'

),

validated_spans as (

    select
        due_spans.deal_id,
        due_spans.milestone_weight,
        greatest(due_spans.valid_from_at, validations.valid_from_at) as valid_from_at,
        least(
            coalesce(due_spans.valid_to_at, {{ end_of_time }}), validations.valid_to_at
        ) as valid_to_at
    from due_spans
    inner join validations
        on
            due_spans.deal_id = validations.deal_id
            and due_spans.milestone_code = validations.milestone_code

),

unioned as (

    {% for sign, instant in [('', 'valid_from_at'), ('-', 'valid_to_at')] %}
    select
        deal_id,
        {{ instant }} as changed_at,
        {{ sign }}milestone_weight as due_weight,
        cast(0 as decimal(18, 4)) as validated_weight,
        0 as count_spans
    from due_spans
    where {{ instant }} is not null
    union all
    select
        deal_id,
        {{ instant }} as changed_at,
        cast(0 as decimal(18, 4)) as due_weight,
        {{ sign }}milestone_weight as validated_weight,
        0 as count_spans
    from validated_spans
    where valid_from_at < valid_to_at and {{ instant }} < {{ end_of_time }}
    union all
    select
        deal_id,
        {{ instant }} as changed_at,
        cast(0 as decimal(18, 4)) as due_weight,
        cast(0 as decimal(18, 4)) as validated_weight,
        {{ sign }}1 as count_spans
    from open_spans
    where {{ instant }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        deal_id,
        changed_at,
        sum(due_weight) as due_weight,
        sum(validated_weight) as validated_weight,
        sum(count_spans) as count_spans
    from unioned
    group by deal_id, changed_at

)

select * from final
