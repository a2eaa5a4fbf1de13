{#- Outcome, day on which the score is read, what is waited for, what rules it out, days
    of the window. A deal that is won ends the cycle before its order comes. -#}
{% set outcomes = [
    ('sql', 'opened_date', 'sql_at', 'closed_at', 60),
    ('order', 'mql_date', 'first_order_at', 'lost_at', 365),
] %}
with

leads as (

    select * from {{ ref('fct_leads') }}

),

scores as (

    select * from {{ ref('fct_lead_scores') }}

),

deals as (

    select * from {{ ref('fct_deals') }}
    where is_reportable and lead_cycle_id is not null

),

orders as (

    select * from {{ ref('fct_orders') }}

),

first_orders as (

    select
        deals.lead_cycle_id,
        min(orders.ordered_at) as first_order_at
    from deals
    inner join orders
        on deals.deal_id = orders.deal_id
    group by deals.lead_cycle_id

),

journeys as (

    select
        leads.lead_cycle_id,
        leads.opened_date,
        {{ business_date('leads.mql_at') }} as mql_date,
        leads.sql_at,
        leads.closed_at,
        case when leads.close_reason <> 'won' then leads.closed_at end as lost_at,
        first_orders.first_order_at
    from leads
    left join first_orders
        on leads.lead_cycle_id = first_orders.lead_cycle_id

),

observed as (

    {% for name, observed_date, reached_at, ruled_out_at, window_days in outcomes %}
    select
        lead_cycle_id,
        '{{ name }}' as outcome_name,
        cast({{ window_days }} as bigint) as window_days,
        {{ observed_date }} as observed_date,
        {{ business_date(reached_at) }} as outcome_date,
        {{ business_date(ruled_out_at) }} as ended_date
    from journeys
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- What had come or was ruled out on the observed day is no longer foretold by a score
-- that may know of it.
undecided as (

    select * from observed
    where
        observed_date <= {{ as_of() }}
        and coalesce(outcome_date > observed_date, true)
        and coalesce(ended_date > observed_date, true)

),

final as (

    select
        scores.lead_score_id,
        undecided.outcome_name,
        scores.lead_cycle_id,
        scores.model_name,
        cast(scores.model_version as bigint) as model_version,
        undecided.window_days,
        undecided.observed_date,
        cast(scores.score_confirmed as double) as score_confirmed,
        cast(
            {{ days_between('undecided.observed_date', 'undecided.outcome_date') }}
            as bigint
        ) as days_to_outcome,
        cast(
            {{ days_between('undecided.observed_date', 'undecided.ended_date') }}
            as bigint
        ) as days_to_end,
        cast({{ days_between('undecided.observed_date', as_of()) }} as bigint)
            as days_watched
    from undecided
    inner join scores
        on
            undecided.lead_cycle_id = scores.lead_cycle_id
            and undecided.observed_date >= scores.valid_from_date
            and undecided.observed_date
            < coalesce(scores.valid_to_date, {{ add_days(as_of(), 1) }})

)

select * from final
