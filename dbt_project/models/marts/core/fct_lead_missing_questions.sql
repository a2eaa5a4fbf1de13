with

discovery as (

    select * from {{ ref('int_lifecycle__discovery') }}
    where answered_at is null and closed_at is null

),

leads as (

    select * from {{ ref('fct_leads') }}

),

final as (

    select
        {{ surrogate_key(['discovery.lead_cycle_id', 'discovery.question_code']) }}
            as lead_missing_question_id,
        discovery.lead_cycle_id,
        discovery.question_code,
        discovery.section_code,
        discovery.question_label_en,
        discovery.question_label_fr,
        discovery.is_script_question,
        discovery.weight,
        leads.owner_id
    from discovery
    inner join leads
        on discovery.lead_cycle_id = leads.lead_cycle_id

)

select * from final
