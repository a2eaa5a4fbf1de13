{% set states = {
    'validated': "milestone_state = 'validated'",
    'not_validated': "milestone_state in ('refused', 'pending')",
    'unknown': "milestone_state = 'unknown'",
} %}
{% set groups = states.keys() | list %}
with

stage_milestones as (

    select * from {{ ref('int_deals__stage_milestones') }}
    where is_due

),

deals as (

    select * from {{ ref('fct_deals') }}
    where is_reportable and deal_status in ('won', 'lost')

),

counted as (

    select
        stage_milestones.milestone_id,
        {% for group in groups %}
        cast(
            sum(case when stage_milestones.{{ states[group] }} then 1 else 0 end)
            as bigint
        ) as count_closed_{{ group }},
        cast(
            sum(
                case
                    when
                        stage_milestones.{{ states[group] }}
                        and deals.deal_status = 'won'
                        then 1
                    else 0
                end
            ) as bigint
        ) as count_won_{{ group }},
        {% endfor %}
        stage_milestones.stage_id
    from stage_milestones
    inner join deals
        on stage_milestones.deal_id = deals.deal_id
    group by stage_milestones.milestone_id, stage_milestones.stage_id

),

rates as (

    select
        {% for group in groups %}
        cast(nullif(count_closed_{{ group }}, 0) as double) as trials_{{ group }},
        {{ ratio('count_won_' ~ group, 'count_closed_' ~ group) }}
            as win_rate_{{ group }},
        {% endfor %}
        *
    from counted

),

bounds as (

    select
        {% for group in groups %}
        {% set rate = 'win_rate_' ~ group %}
        {% set trials = 'trials_' ~ group %}
        case
            when {{ rate }} is not null then {{ wilson_low(rate, trials) }}
        end as {{ rate }}_ci_low,
        case
            when {{ rate }} is not null then {{ wilson_high(rate, trials) }}
        end as {{ rate }}_ci_high,
        {% endfor %}
        *
    from rates

),

final as (

    select
        milestone_id,
        stage_id,
        {{ as_of() }} as as_of,
        count_closed_validated,
        count_won_validated,
        win_rate_validated,
        win_rate_validated_ci_low,
        win_rate_validated_ci_high,
        count_closed_not_validated,
        count_won_not_validated,
        win_rate_not_validated,
        win_rate_not_validated_ci_low,
        win_rate_not_validated_ci_high,
        count_closed_unknown,
        count_won_unknown,
        win_rate_validated - win_rate_not_validated as win_rate_difference,
        {{ newcombe_low(
            'win_rate_validated', 'win_rate_validated_ci_low',
            'win_rate_not_validated', 'win_rate_not_validated_ci_high'
        ) }} as ci_low,
        {{ newcombe_high(
            'win_rate_validated', 'win_rate_validated_ci_high',
            'win_rate_not_validated', 'win_rate_not_validated_ci_low'
        ) }} as ci_high,
        count_closed_validated < 20 or count_closed_not_validated < 20 as is_low_n,
        'Closed deals that reached the stage: milestone validated before leaving it '
        || 'against refused or pending. A comparison, no proof of cause.'
            as comparison_en,
        'Affaires fermées arrivées à l’étape : jalon validé avant d’en sortir contre '
        || 'refusé ou en attente. Une comparaison, pas une preuve de cause.'
            as comparison_fr
    from bounds

)

select * from final
