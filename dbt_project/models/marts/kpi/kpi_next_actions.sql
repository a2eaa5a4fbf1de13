with

actions as (

    select * from {{ ref('int_kpi__actions') }}

),

dates as (

    select * from {{ ref('int_kpi__action_dates') }}

),

deals as (

    select * from {{ ref('int_kpi__action_deals') }}

),

-- The sections of the discovery record in their order, what weighs most first.
numbered_questions as (

    select
        lead_cycle_id,
        question_code,
        row_number() over (
            partition by lead_cycle_id
            order by
                case section_code
                    when 'profile' then 1
                    when 'history' then 2
                    when 'needs' then 3
                    when 'constraints' then 4
                    else 5
                end asc,
                weight desc,
                question_code asc
        ) as question_number
    from {{ ref('fct_lead_missing_questions') }}
    where is_script_question

),

questions as (

    select
        lead_cycle_id,
        cast(count(*) as bigint) as count_missing_questions,
        {{ joined_texts_by('question_code', 'question_number') }} as missing_questions
    from numbered_questions
    group by lead_cycle_id

),

joined as (

    select
        actions.*,
        dates.starts_at,
        dates.due_at,
        dates.due_date,
        dates.is_overdue,
        cast(
            cast(dates.overdue_business_seconds as decimal(18, 4)) / 3600
            as decimal(18, 4)
        ) as overdue_business_hours,
        {{ business_date('dates.starts_at') }} as waiting_since_date,
        {{ business_date('actions.last_contact_at') }} as last_contact_date,
        {{ business_date('actions.last_sign_at') }} as last_sign_date,
        cast(floor(actions.seconds_beyond_limit / 86400) as bigint)
            as days_beyond_limit,
        deals.stage_name,
        deals.stage_label_en,
        deals.stage_label_fr,
        deals.days_in_stage,
        deals.milestone_code as missing_milestone_code,
        deals.milestone_state as missing_milestone_state,
        deals.milestone_label_en as missing_milestone_label_en,
        deals.milestone_label_fr as missing_milestone_label_fr,
        coalesce(questions.count_missing_questions, 0) as count_missing_questions,
        questions.missing_questions,
        case actions.action_type when 'give_up' then 2 when 'do_not_call' then 1 else 0
        end as list_end
    from actions
    inner join dates
        on actions.action_id = dates.action_id
    left join deals
        on actions.deal_id = deals.deal_id
    left join questions
        on actions.lead_cycle_id = questions.lead_cycle_id

),

ranked as (

    select
        *,
        row_number() over (
            order by
                list_end asc,
                priority asc,
                is_overdue desc,
                coalesce(score_confirmed, -1) desc,
                coalesce(score_potential, -1) desc,
                starts_at asc,
                action_id asc
        ) as action_rank
    from joined

),

final as (

    select
        action_id,
        action_type,
        cast(action_rank as bigint) as action_rank,
        cast(
            row_number() over (
                partition by owner_id
                order by action_rank
            ) as bigint
        ) as owner_action_rank,
        subject_type,
        owner_id,
        lead_cycle_id,
        deal_id,
        person_id,
        company_id,
        situation,
        tier_code,
        cast(priority as bigint) as priority,
        due_at,
        due_date,
        is_overdue,
        overdue_business_hours,
        case action_type
            when 'give_up' then {{ give_up_reason('en') }}
            when 'do_not_call'
                then
                    'Not to be called, consent refused or unsubscribed. '
                    || {{ situation_reason('en') }}
            else {{ situation_reason('en') }} || {{ next_step_reason('en') }}
        end as reason_en,
        -- A company's own words may have the straight apostrophe.
        replace(
            case action_type
                when 'give_up' then {{ give_up_reason('fr') }}
                when 'do_not_call'
                    then
                        'Ne pas appeler, consentement refusé ou désabonné. '
                        || {{ situation_reason('fr') }}
                else {{ situation_reason('fr') }} || {{ next_step_reason('fr') }}
            end,
            chr(39),
            '’'
        ) as reason_fr,
        give_up_rule_code,
        score_confirmed,
        score_potential,
        grade,
        completeness,
        model_name,
        next_best_criterion_code,
        next_best_criterion_label_en,
        next_best_criterion_label_fr,
        count_missing_questions,
        missing_questions,
        missing_milestone_code,
        missing_milestone_state,
        missing_milestone_label_en,
        missing_milestone_label_fr,
        stage_name,
        days_in_stage,
        is_stalled,
        last_contact_at,
        last_sign_at,
        cast(count_attempts as bigint) as count_attempts,
        cast(count_unanswered_attempts as bigint) as count_unanswered_attempts,
        is_recycled,
        is_callable
    from ranked

)

select * from final
