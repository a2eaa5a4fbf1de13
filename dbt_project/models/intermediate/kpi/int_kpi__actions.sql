with

subjects as (

    select
        'lead:' || lead_cycle_id as action_id,
        'lead' as subject_type,
        lead_cycle_id,
        cast(null as string) as deal_id,
        person_id,
        company_id,
        owner_id,
        situation,
        case
            when situation = 'hand_raise' then last_request_at
            when situation = 'new_mql' then mql_at
            when situation = 'new_lead'
                then greatest(opened_at, last_sign_at, last_contact_at)
            else last_contact_at
        end as waiting_since_at,
        last_contact_at,
        last_sign_at,
        count_attempts,
        count_unanswered_attempts,
        is_recycled,
        is_callable,
        is_refused,
        refusal_reason,
        false as is_stalled,
        cast(null as double) as seconds_beyond_limit,
        cast(null as string) as milestone_code
    from {{ ref('int_kpi__action_leads') }}
    union all
    select
        'deal:' || deal_id as action_id,
        'deal' as subject_type,
        lead_cycle_id,
        deal_id,
        person_id,
        company_id,
        owner_id,
        case when is_stalled then 'stalled_deal' else 'open_deal' end as situation,
        greatest(entered_at, last_contact_at) as waiting_since_at,
        last_contact_at,
        cast(null as timestamp) as last_sign_at,
        count_attempts,
        0 as count_unanswered_attempts,
        false as is_recycled,
        true as is_callable,
        false as is_refused,
        cast(null as string) as refusal_reason,
        is_stalled,
        seconds_beyond_limit,
        milestone_code
    from {{ ref('int_kpi__action_deals') }}

),

scores as (

    select * from {{ ref('fct_lead_scores') }}
    where is_leading

),

-- What the fit would be if all that is unknown were ideal.
fit_potentials as (

    select
        contributions.lead_score_id,
        sum(
            case
                when contributions.is_known then contributions.points
                else contributions.max_points
            end
        ) as fit_potential
    from {{ ref('fct_lead_score_contributions') }} as contributions
    inner join scores
        on contributions.lead_score_id = scores.lead_score_id
    where contributions.criterion_group = 'fit'
    group by contributions.lead_score_id

),

scored as (

    select
        subjects.*,
        scores.model_name,
        scores.model_version,
        cast(scores.score_confirmed as double) as score_confirmed,
        cast(scores.score_potential as double) as score_potential,
        scores.grade,
        scores.completeness,
        scores.next_best_criterion_code,
        criteria.label_en as next_best_criterion_label_en,
        criteria.label_fr as next_best_criterion_label_fr,
        cast(fit_potentials.fit_potential as double) as fit_potential
    from subjects
    left join scores
        on subjects.lead_cycle_id = scores.lead_cycle_id
    left join fit_potentials
        on scores.lead_score_id = fit_potentials.lead_score_id
    left join {{ ref('stg_workspace__scoring_criteria') }} as criteria
        on
            scores.model_name = criteria.model_name
            and scores.model_version = criteria.model_version
            and scores.next_best_criterion_code = criteria.criterion_code

),

tier_choices as (

    select
        scored.action_id,
        tiers.tier_code,
        tiers.delay_business_hours,
        tiers.delay_working_days,
        tiers.priority,
        row_number() over (
            partition by scored.action_id
            order by coalesce(tiers.minimum_score, -1) desc
        ) as tier_choice
    from scored
    inner join {{ ref('stg_workspace__next_action_tiers') }} as tiers
        on
            scored.situation = tiers.situation
            and (
                tiers.minimum_score is null
                or scored.score_confirmed >= tiers.minimum_score
            )

),

rule_choices as (

    select
        scored.action_id,
        rules.rule_code,
        rules.condition_kind,
        rules.condition_number,
        rules.label_en,
        rules.label_fr,
        row_number() over (
            partition by scored.action_id
            order by rules.rule_order
        ) as rule_choice
    from scored
    inner join {{ ref('stg_workspace__give_up_rules') }} as rules
        on
            case rules.condition_kind
                when 'refused'
                    then
                        scored.is_refused
                        and coalesce(
                            lower(rules.condition_value)
                            = lower(scored.refusal_reason),
                            rules.condition_value is null
                        )
                when 'no_consent' then not scored.is_callable
                when 'unanswered_attempts'
                    then scored.count_unanswered_attempts >= rules.condition_number
                when 'fit_potential_below'
                    then
                        scored.subject_type = 'lead'
                        and scored.fit_potential < rules.condition_number
                when 'inactive_days'
                    then
                        {{ seconds_between('scored.last_sign_at', end_of_as_of()) }}
                        >= rules.condition_number * 86400
                when 'stalled_days'
                    then scored.seconds_beyond_limit >= rules.condition_number * 86400
            end

),

final as (

    select
        scored.action_id,
        scored.subject_type,
        case
            when rule_choices.rule_code is not null then 'give_up'
            when not scored.is_callable then 'do_not_call'
            when scored.situation in ('hand_raise', 'new_mql') then 'call_first'
            when scored.situation = 'retry' then 'call_again'
            when scored.situation = 'follow_up' then 'follow_up'
            when scored.situation = 'new_lead' then 'nurture'
            when scored.situation = 'stalled_deal' then 'revive'
            when scored.milestone_code is null then 'advance'
            else 'next_milestone'
        end as action_type,
        scored.situation,
        tier_choices.tier_code,
        tier_choices.priority,
        tier_choices.delay_business_hours,
        tier_choices.delay_working_days,
        scored.lead_cycle_id,
        scored.deal_id,
        scored.person_id,
        scored.company_id,
        scored.owner_id,
        scored.waiting_since_at,
        scored.last_contact_at,
        scored.last_sign_at,
        scored.count_attempts,
        scored.count_unanswered_attempts,
        scored.is_recycled,
        scored.is_callable,
        scored.refusal_reason,
        scored.is_stalled,
        scored.seconds_beyond_limit,
        scored.model_name,
        scored.model_version,
        scored.score_confirmed,
        scored.score_potential,
        scored.grade,
        scored.completeness,
        scored.next_best_criterion_code,
        scored.next_best_criterion_label_en,
        scored.next_best_criterion_label_fr,
        scored.fit_potential,
        rule_choices.rule_code as give_up_rule_code,
        rule_choices.condition_kind as give_up_kind,
        rule_choices.condition_number as give_up_number,
        rule_choices.label_en as give_up_label_en,
        rule_choices.label_fr as give_up_label_fr
    from scored
    left join tier_choices
        on
            scored.action_id = tier_choices.action_id
            and tier_choices.tier_choice = 1
    left join rule_choices
        on
            scored.action_id = rule_choices.action_id
            and rule_choices.rule_choice = 1

)

select * from final
