{#- What the call list says in words, with the figures. Every macro takes the language, 'en' or 'fr'. -#}

{% macro text_of(number) -%}
    cast({{ number }} as string)
{%- endmacro %}

{# Why the prospect stands where they stand; columns of the actions and of what they are joined with. #}
{% macro situation_reason(language) -%}
    {%- set english = language == 'en' -%}
    {%- set stage = "coalesce(stage_label_" ~ language ~ ", stage_name, '?')" -%}
    {%- set unanswered = text_of('count_unanswered_attempts') -%}
    case situation
        when 'hand_raise'
            then
                {{ "'Asked to be contacted on '" if english else "'A demandé à être contacté le '" }} || {{ text_of('waiting_since_date') }}
                || {{ "' and not called since.'" if english else "' et pas appelé depuis.'" }}
        when 'new_mql'
            then
                {{ "'MQL since '" if english else "'MQL depuis le '" }} || {{ text_of('waiting_since_date') }}
                || {{ "' and not called since.'" if english else "' et pas appelé depuis.'" }}
        when 'retry'
            then
                {{ "'Not reached yet: attempts without an answer '" if english else "'Pas encore joint : tentatives sans réponse '" }}
                || {{ unanswered }}
                || {{ "', last contact on '" if english else "', dernier contact le '" }}
                || {{ text_of('last_contact_date') }} || '.'
        when 'follow_up'
            then
                {{ "'Reached, no deal yet: last contact on '" if english else "'Joint, pas encore d’affaire : dernier contact le '" }}
                || {{ text_of('last_contact_date') }}
                || case
                    when count_unanswered_attempts > 0
                        then
                            {{ "', attempts without an answer since '" if english else "', tentatives sans réponse depuis '" }}
                            || {{ unanswered }}
                    else ''
                end
                || '.'
        when 'new_lead'
            then
                {{ "'No MQL yet: last sign on '" if english else "'Pas encore MQL : dernier signe le '" }}
                || {{ text_of('last_sign_date') }} || '.'
        else
            case
                when situation = 'stalled_deal'
                    then
                        {{ "'Stalled, days beyond the limit of the stage '" if english else "'Enlisée, jours au-delà de la limite de l’étape '" }}
                        || {{ text_of('days_beyond_limit') }} || '. '
                else ''
            end
            || {{ stage }}
            || coalesce({{ "', days in the stage '" if english else "', jours dans l’étape '" }} || {{ text_of('days_in_stage') }}, '')
            || coalesce(
                {{ "', last contact on '" if english else "', dernier contact le '" }} || {{ text_of('last_contact_date') }},
                {{ "', no contact recorded'" if english else "', aucun contact enregistré'" }}
            )
            || '.'
    end
{%- endmacro %}

{# The rule that says to give up, and the figures on which it hit. #}
{% macro give_up_reason(language) -%}
    {%- set english = language == 'en' -%}
    {%- set colon = "': '" if english else "' : '" -%}
    give_up_label_{{ language }} || {{ colon }}
    || case give_up_kind
        when 'refused'
            then
                {{ "'reason given '" if english else "'raison donnée '" }}
                || coalesce(refusal_reason, {{ "'none'" if english else "'aucune'" }})
        when 'unanswered_attempts'
            then
                {{ "'attempts without an answer '" if english else "'tentatives sans réponse '" }}
                || {{ text_of('count_unanswered_attempts') }}
        when 'not_contactable'
            then {{ "'consent refused, or unsubscribed'" if english else "'consentement refusé, ou désabonné'" }}
        when 'fit_potential_below'
            then
                {{ "'points of fit at best '" if english else "'points d’adéquation au mieux '" }}
                || {{ text_of('cast(fit_potential as decimal(18, 1))') }}
                || {{ "', the floor is '" if english else "', le plancher est '" }}
                || {{ text_of('cast(give_up_number as decimal(18, 1))') }}
        when 'inactive_days'
            then
                {{ "'last sign on '" if english else "'dernier signe le '" }} || {{ text_of('last_sign_date') }}
        when 'stalled_days'
            then
                {{ "'days beyond the limit of the stage '" if english else "'jours au-delà de la limite de l’étape '" }}
                || {{ text_of('days_beyond_limit') }}
    end
    || '.'
{%- endmacro %}

{# What to bring up, and how late it is. #}
{% macro next_step_reason(language) -%}
    {%- set english = language == 'en' -%}
    coalesce(
        {{ "' To validate: '" if english else "' À valider : '" }} || missing_milestone_label_{{ language }}
        || case
            when missing_milestone_state = 'refused' then {{ "' (refused so far)'" if english else "' (refusé jusqu’ici)'" }}
            else ''
        end
        || '.',
        case
            when subject_type = 'deal'
                then {{ "' Every milestone so far is validated: move on.'" if english else "' Tous les jalons sont validés : avancer.'" }}
        end,
        ''
    )
    || coalesce(
        {{ "' Score '" if english else "' Score '" }} || {{ text_of('cast(round(score_confirmed) as bigint)') }}
        || {{ "', at best '" if english else "', au mieux '" }}
        || {{ text_of('cast(round(score_potential) as bigint)') }} || '.',
        ''
    )
    || coalesce({{ "' Ask first: '" if english else "' À demander d’abord : '" }} || next_best_criterion_label_{{ language }} || '.', '')
    || case
        when count_missing_questions > 0
            then
                {{ "' Script questions left: '" if english else "' Questions du script restantes : '" }}
                || {{ text_of('count_missing_questions') }} || '.'
        else ''
    end
    || case
        when is_overdue
            then
                {{ "' Overdue by business hours: '" if english else "' Retard en heures ouvrées : '" }}
                || {{ text_of('cast(overdue_business_hours as decimal(18, 1))') }} || '.'
        else ''
    end
{%- endmacro %}
