{#- One entry for each side of each metric: metric, relation, date, condition,
    numerator, denominator, squares, dimensions. -#}
{% set all = ('total', "'all'") %}
{% set owner = ('owner', "coalesce(owner_id, 'unassigned')") %}
{% set stage = ('stage', 'stage_id') %}
{% set reason = ('loss_reason', 'loss_reason') %}
{% set square = 'sum(' ~ squared('amount_base') ~ ')' %}
{% set won = "sum(case when deal_status = 'won' then 1 else 0 end)" %}
{% set components = [
    ('deals_created', 'deals', 'created_date', 'true', 'count(*)', '0', '0', [all, owner]),
    ('win_rate_all', 'deals', 'created_date', 'true', won, 'count(*)', '0', [all, owner]),
    ('deals_won', 'deals', 'closed_date', "deal_status = 'won'", 'count(*)', '0', '0', [all, owner]),
    ('won_amount', 'deals', 'closed_date', "deal_status = 'won' and amount_base is not null", 'sum(amount_base)', 'count(*)', square, [all, owner]),
    ('close_rate', 'deals', 'closed_date', 'true', won, 'count(*)', '0', [all, owner]),
    ('losses_count', 'losses', 'closed_date', 'true', 'count(*)', '0', '0', [all, stage, reason]),
    ('losses_amount', 'losses', 'closed_date', 'amount_base is not null', 'sum(amount_base)', 'count(*)', square, [all, stage, reason]),
    ('losses_rate', 'losses', 'closed_date', 'true', 'count(*)', '0', '0', [stage]),
    ('losses_rate', 'reaches', 'first_reached_date', 'true', '0', 'count(*)', '0', [stage]),
    ('losses_share', 'losses', 'closed_date', 'true', 'count(*)', '0', '0', [stage, reason]),
    ('losses_share', 'losses_for_each_stage', 'closed_date', 'true', '0', 'count(*)', '0', [stage]),
    ('losses_share', 'losses_for_each_reason', 'closed_date', 'true', '0', 'sum(count_losses)', '0', [reason]),
    ('kpi3_stage_conversion', 'reaches', 'first_reached_date', 'true', '0', 'count(*)', '0', [stage]),
    ('kpi3_stage_conversion', 'reaches', 'next_reached_date', 'true', 'count(*)', '0', '0', [stage]),
    ('losses_count', 'reaches', 'first_reached_date', 'true', '0', '0', '0', [stage]),
    ('losses_amount', 'reaches', 'first_reached_date', 'true', '0', '0', '0', [stage]),
] %}
with

deals as (

    select * from {{ ref('fct_deals') }}
    where is_reportable

),

reaches as (

    select * from {{ ref('int_kpi__stage_reaches') }}

),

losses as (

    select
        closed_date,
        amount_base,
        coalesce(loss_stage_id, 'unknown') as stage_id,
        coalesce(loss_reason, 'unknown') as loss_reason
    from deals
    where deal_status = 'lost'

),

-- A stage is in the list of losses from the day a deal first reached it, with 0 until
-- one is lost.
loss_stages as (

    select distinct stage_id from losses
    union
    select distinct stage_id from reaches

),

losses_for_each_stage as (

    select
        losses.closed_date,
        loss_stages.stage_id
    from losses
    cross join loss_stages

),

loss_reasons as (

    select distinct loss_reason from losses

),

losses_by_day as (

    select
        closed_date,
        count(*) as count_losses
    from losses
    group by closed_date

),

losses_for_each_reason as (

    select
        losses_by_day.closed_date,
        losses_by_day.count_losses,
        loss_reasons.loss_reason
    from losses_by_day
    cross join loss_reasons

),

final as (

    {% for
        metric, relation, date, condition, numerator, denominator, squares, dimensions
    in components %}
    {% set outer_loop = loop %}
    {% for name, expression in dimensions %}
    select
        '{{ metric }}' as metric_id,
        {{ date }} as event_date,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        cast({{ numerator }} as decimal(18, 4)) as numerator,
        cast({{ denominator }} as decimal(18, 4)) as denominator,
        cast({{ squares }} as decimal(38, 8)) as sum_of_squares
    from {{ relation }}
    where {{ condition }} and {{ date }} is not null
    group by {{ date }}, {{ expression }}
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {% endfor %}
    {% endfor %}

)

select * from final
