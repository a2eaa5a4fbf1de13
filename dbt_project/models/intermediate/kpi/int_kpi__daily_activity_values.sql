{#- Metric, relation, condition, numerator, denominator, squares, dimensions. -#}
{% set all = ('total', "'all'") %}
{% set owner = ('owner', "coalesce(owner_id, 'unassigned')") %}
{% set reason = ('close_reason', 'close_reason') %}
{% set channel = ('channel', 'channel_name') %}
{% set score_squared = 'sum(' ~ squared('score_confirmed') ~ ')' %}
{% set components = [
    ('appointments_planned', 'appointments', 'true', 'count(*)', '0', '0', [all, owner]),
    ('appointments_held', 'appointments', "outcome = 'held'", 'count(*)', '0', '0', [all, owner]),
    ('appointments_no_show', 'appointments', "outcome = 'no_show'", 'count(*)', '0', '0', [all, owner]),
    ('appointment_hold_rate', 'appointments', "outcome in ('held', 'no_show')", "sum(case when outcome = 'held' then 1 else 0 end)", 'count(*)', '0', [all, owner]),
    ('dead_prospects', 'dead_prospects', 'true', 'count(*)', '0', '0', [all, owner, reason]),
    ('dead_prospect_attempts', 'dead_prospects', 'true', 'sum(count_attempts)', 'count(*)', 'sum(count_attempts * count_attempts)', [all, owner, reason]),
    ('dead_prospect_hours', 'dead_prospects', 'true', 'sum(effort_hours)', 'count(*)', 'sum(effort_hours * effort_hours)', [all, owner, reason]),
    ('attempts_per_dead_prospect', 'dead_prospects', 'true', 'sum(count_attempts)', 'count(*)', 'sum(count_attempts * count_attempts)', [all, owner, reason]),
    ('mql_score_confirmed', 'mql_scores', 'true', 'sum(score_confirmed)', 'count(*)', score_squared, [all, owner, channel]),
] %}
with

appointments as (

    select
        occurred_date as event_date,
        outcome,
        owner_id
    from {{ ref('fct_activities') }}
    where activity_type in {{ text_list(var('appointment_activities')) }}

),

dead_prospects as (

    select
        {{ business_date('efforts.closed_at') }} as event_date,
        leads.owner_id,
        efforts.close_reason,
        efforts.count_attempts,
        efforts.effort_hours
    from {{ ref('int_lifecycle__efforts') }} as efforts
    inner join {{ ref('fct_leads') }} as leads
        on efforts.lead_cycle_id = leads.lead_cycle_id
    where efforts.close_reason in ('disqualified', 'lost')

),

-- The score that an MQL had at the end of its day, by the model that values it most.
mql_scores as (

    select
        mqls.mql_date as event_date,
        mqls.owner_id,
        coalesce(mqls.acquisition_channel_name, 'Unassigned') as channel_name,
        max(scores.score_confirmed) as score_confirmed
    from {{ ref('fct_mqls') }} as mqls
    inner join {{ ref('fct_lead_scores') }} as scores
        on
            mqls.lead_cycle_id = scores.lead_cycle_id
            and mqls.mql_date >= scores.valid_from_date
            and (
                scores.valid_to_date is null
                or mqls.mql_date < scores.valid_to_date
            )
    group by
        mqls.lead_cycle_id,
        mqls.mql_date,
        mqls.owner_id,
        mqls.acquisition_channel_name

),

final as (

    {% for
        metric, relation, condition, numerator, denominator, squares, dimensions
    in components %}
    {% set outer_loop = loop %}
    {% for name, expression in dimensions %}
    select
        '{{ metric }}' as metric_id,
        event_date,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        cast({{ numerator }} as decimal(18, 4)) as numerator,
        cast({{ denominator }} as decimal(18, 4)) as denominator,
        cast({{ squares }} as decimal(38, 8)) as sum_of_squares
    from {{ relation }}
    where {{ condition }}
    group by event_date, {{ expression }}
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {% endfor %}
    {% endfor %}

)

select * from final
