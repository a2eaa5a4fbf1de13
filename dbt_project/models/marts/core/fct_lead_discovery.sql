{% set sections = ['profile', 'history', 'needs', 'constraints', 'expectations'] %}
with

discovery as (

    select * from {{ ref('int_lifecycle__discovery') }}

),

leads as (

    select * from {{ ref('fct_leads') }}

),

first_contacts as (

    select * from {{ ref('int_lifecycle__first_contacts') }}

),

counted as (

    select
        lead_cycle_id,
        {% for section in sections %}
        sum(case when section_code = '{{ section }}' then weight end)
            as weight_{{ section }},
        sum(
            case
                when section_code = '{{ section }}' and answered_at is not null
                    then weight
                else 0
            end
        ) as weight_known_{{ section }},
        {% endfor %}
        sum(weight) as weight_all,
        sum(case when answered_at is not null then weight else 0 end)
            as weight_known_all,
        sum(case when answered_at is not null then 1 else 0 end) as count_answered,
        count(*) as count_questions,
        sum(case when is_script_question then 1 else 0 end) as count_script_questions,
        sum(case when is_script_question and answered_at is null then 1 else 0 end)
            as count_script_missing,
        sum(
            case when is_script_question and is_answered_by_first_contact then 1 else 0
            end
        ) as count_script_answered
    from discovery
    group by lead_cycle_id

),

final as (

    select
        leads.lead_cycle_id,
        leads.person_id,
        leads.company_id,
        leads.owner_id,
        leads.opened_at,
        leads.opened_date,
        leads.closed_at,
        first_contacts.first_human_contact_at,
        {{ business_date('first_contacts.first_human_contact_at') }}
            as first_human_contact_date,
        first_contacts.owner_id as first_human_contact_owner_id,
        cast(counted.count_questions as bigint) as count_questions,
        cast(counted.count_answered as bigint) as count_answered,
        round({{ ratio('counted.weight_known_all', 'counted.weight_all') }}, 12)
            as completeness_rate,
        {% for section in sections %}
        round(
            {{ ratio('counted.weight_known_' ~ section, 'counted.weight_' ~ section) }},
            12
        ) as {{ section }}_completeness_rate,
        {% endfor %}
        cast(counted.count_script_questions as bigint) as count_script_questions,
        cast(
            case
                when first_contacts.lead_cycle_id is not null
                    then counted.count_script_answered
            end as bigint
        ) as count_script_answered_by_first_contact,
        case
            when first_contacts.lead_cycle_id is not null
                then
                    round(
                        {{ ratio(
                            'counted.count_script_answered',
                            'counted.count_script_questions'
                        ) }},
                        12
                    )
        end as script_coverage_rate,
        cast(counted.count_script_missing as bigint) as count_script_missing
    from leads
    inner join counted
        on leads.lead_cycle_id = counted.lead_cycle_id
    left join first_contacts
        on leads.lead_cycle_id = first_contacts.lead_cycle_id

)

select * from final
