{% set grains = ['week', 'month', 'quarter', 'fiscal_year'] %}
{% set dimensions = [
    ('total', "'all'"), ('owner', "coalesce(owner_id, 'unassigned')")
] %}
with

deals as (

    select
        *,
        {{ seconds_between('created_at', 'closed_at') }} as seconds_to_close,
        {{ seconds_between('created_at', end_of_as_of()) }} as followup_seconds
    from {{ ref('fct_deals') }}
    where is_reportable and created_at is not null

),

-- A closing that the source dates before the creation, for want of an hour, comes with
-- it. A closing without a date is known, but not when: such a deal stays out.
timed as (

    select
        *,
        greatest(seconds_to_close, 0) as close_seconds
    from deals
    where deal_status = 'open' or closed_at is not null

),

final as (

    {% for grain in grains %}
    {% set outer_loop = loop %}
    {% for name, expression in dimensions %}
    select
        'win_rate' as metric_id,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'created_date') }} as period_start,
        deal_id as item_id,
        case when deal_status = 'won' then close_seconds end as reach_seconds,
        case when deal_status = 'lost' then close_seconds end as compete_seconds,
        followup_seconds,
        amount_base as item_amount
    from timed
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {% endfor %}
    {% endfor %}

)

select * from final
