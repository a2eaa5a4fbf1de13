{#- What the call list says in words, with the figures. Every macro takes the language, 'en' or 'fr'. -#}

{# A text literal of one of the two languages. #}
{% macro in_words(language, english, french) -%}
    '{{ english if language == "en" else french }}'
{%- endmacro %}

{# A number and what it counts: (English singular, plural, French singular, plural). #}
{% macro counted(language, number, nouns) -%}
    {%- set one, many = nouns[:2] if language == 'en' else nouns[2:] -%}
    {%- set is_one = number ~ (' = 1' if language == 'en' else ' < 2') -%}
    (cast({{ number }} as string) || case when {{ is_one }} then ' {{ one }}' else ' {{ many }}' end)
{%- endmacro %}

{# A number with one decimal, as it is written. #}
{% macro decimal_text(language, number) -%}
    {%- set text = 'cast(cast(' ~ number ~ ' as decimal(18, 1)) as string)' -%}
    {{ text if language == 'en' else "replace(" ~ text ~ ", '.', ',')" }}
{%- endmacro %}

{# A day in words: 30 June 2026, 30 juin 2026, 1er juillet 2026. #}
{% macro day_text(language, day) -%}
    {%- set months = {
        'en': [
            'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October',
            'November', 'December'
        ],
        'fr': [
            'janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre', 'novembre',
            'décembre'
        ],
    } -%}
    (
        cast(extract(day from {{ day }}) as string)
        {{ "|| case when extract(day from " ~ day ~ ") = 1 then 'er' else '' end" if language == 'fr' }}
        || case extract(month from {{ day }})
            {% for month in months[language] %}when {{ loop.index }} then ' {{ month }} ' {% endfor %}
        end
        || cast(extract(year from {{ day }}) as string)
    )
{%- endmacro %}

{% macro attempts_text(language) -%}
    {{ counted(
        language,
        'count_unanswered_attempts',
        ('attempt without an answer', 'attempts without an answer', 'tentative sans réponse', 'tentatives sans réponse')
    ) }}
{%- endmacro %}

{% macro beyond_limit_text(language) -%}
    {{ counted(language, 'days_beyond_limit', ('day', 'days', 'jour', 'jours')) }}
    || {{ in_words(language, ' beyond the limit of the stage', ' au-delà de la limite de l’étape') }}
{%- endmacro %}

{# Why the prospect stands where they stand; columns of kpi_next_actions and of what it joins. #}
{% macro situation_reason(language) -%}
    case situation
        when 'hand_raise'
            then
                {{ in_words(language, 'Asked to be contacted on ', 'A demandé à être contacté le ') }}
                || {{ day_text(language, 'waiting_since_date') }}
                || {{ in_words(language, ', not called since.', ', pas appelé depuis.') }}
        when 'new_mql'
            then
                {{ in_words(language, 'MQL since ', 'MQL depuis le ') }}
                || {{ day_text(language, 'waiting_since_date') }}
                || {{ in_words(language, ', not called since.', ', pas appelé depuis.') }}
        when 'retry'
            then
                {{ in_words(language, 'Not reached yet: ', 'Pas encore joint : ') }}
                || {{ attempts_text(language) }}
                || {{ in_words(language, ', last contact on ', ', dernier contact le ') }}
                || {{ day_text(language, 'last_contact_date') }} || '.'
        when 'follow_up'
            then
                {{ in_words(language, 'Reached, no deal yet: last contact on ', 'Joint, pas encore d’affaire : dernier contact le ') }}
                || {{ day_text(language, 'last_contact_date') }}
                || case when count_unanswered_attempts > 0 then ', ' || {{ attempts_text(language) }} else '' end
                || '.'
        when 'new_lead'
            then
                {{ in_words(language, 'No MQL yet: last sign on ', 'Pas encore MQL : dernier signe le ') }}
                || {{ day_text(language, 'last_sign_date') }} || '.'
        else
            case
                when situation = 'stalled_deal'
                    then
                        {{ in_words(language, 'Stalled ', 'Enlisée depuis ') }} || {{ beyond_limit_text(language) }} || '. '
                else ''
            end
            || coalesce(stage_label_{{ language }}, '?')
            || coalesce(
                {{ in_words(language, ' for ', ' depuis ') }}
                || {{ counted(language, 'days_in_stage', ('day', 'days', 'jour', 'jours')) }},
                ''
            )
            || coalesce(
                {{ in_words(language, ', last contact on ', ', dernier contact le ') }} || {{ day_text(language, 'last_contact_date') }},
                {{ in_words(language, ', no contact recorded', ', aucun contact enregistré') }}
            )
            || '.'
    end
{%- endmacro %}

{# The rule that says to give up, and the figures on which it hit. #}
{% macro give_up_reason(language) -%}
    give_up_label_{{ language }}
    || {{ in_words(language, ': ', ' : ') }}
    || case give_up_kind
        when 'refused'
            then coalesce(refusal_reason, {{ in_words(language, 'no reason given', 'aucune raison donnée') }})
        when 'unanswered_attempts' then {{ attempts_text(language) }}
        when 'no_consent'
            then {{ in_words(language, 'consent refused, or unsubscribed', 'consentement refusé, ou désabonné') }}
        when 'fit_potential_below'
            then
                {{ in_words(language, 'at best ', 'au mieux ') }} || {{ decimal_text(language, 'fit_potential') }}
                || {{ in_words(language, ' points of fit, the floor is ', ' points d’adéquation, le plancher est ') }}
                || {{ decimal_text(language, 'give_up_number') }}
        when 'inactive_days'
            then {{ in_words(language, 'last sign on ', 'dernier signe le ') }} || {{ day_text(language, 'last_sign_date') }}
        when 'stalled_days' then {{ beyond_limit_text(language) }}
    end
    || '.'
{%- endmacro %}

{# What to bring up, and how late it is. #}
{% macro next_step_reason(language) -%}
    case
        when missing_milestone_code is not null
            then
                {{ in_words(language, ' To validate: ', ' À valider : ') }} || missing_milestone_label_{{ language }}
                || case
                    when missing_milestone_state = 'refused'
                        then {{ in_words(language, ' (refused so far)', ' (refusé jusqu’ici)') }}
                    else ''
                end
                || '.'
        when subject_type = 'deal'
            then {{ in_words(language, ' All milestones so far are validated: move on.', ' Tous les jalons sont validés : avancer.') }}
        else ''
    end
    || coalesce(
        ' Score ' || cast(cast(round(score_confirmed) as bigint) as string)
        || {{ in_words(language, ', at best ', ', au mieux ') }}
        || cast(cast(round(score_potential) as bigint) as string) || '.',
        ''
    )
    || coalesce(
        {{ in_words(language, ' Ask first: ', ' À demander d’abord : ') }} || next_best_criterion_label_{{ language }} || '.', ''
    )
    || case
        when count_missing_questions > 0
            then
                ' ' || {{ counted(
                    language,
                    'count_missing_questions',
                    ('script question left', 'script questions left', 'question du script restante', 'questions du script restantes')
                ) }} || '.'
        else ''
    end
    || case
        when is_overdue
            then
                {{ in_words(language, ' Overdue by ', ' En retard de ') }} || {{ decimal_text(language, 'overdue_business_hours') }}
                || {{ in_words(language, ' business hours.', ' heures ouvrées.') }}
        else ''
    end
{%- endmacro %}
