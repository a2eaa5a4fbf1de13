with

scores as (

    select scores.*
    from {{ ref('fct_lead_scores') }} as scores
    inner join {{ ref('int_scoring__due_cycles') }} as due_cycles
        on scores.lead_cycle_id = due_cycles.lead_cycle_id

),

criteria as (

    select * from {{ ref('int_scoring__criteria') }}

),

contributions as (

    select * from {{ ref('int_scoring__contributions') }}

),

final as (

    select
        scores.lead_score_id,
        criteria.criterion_code,
        scores.lead_cycle_id,
        criteria.criterion_group,
        criteria.label_en as criterion_label_en,
        criteria.label_fr as criterion_label_fr,
        coalesce(contributions.points, cast(0 as decimal(18, 4))) as points,
        criteria.max_points,
        contributions.points is not null as is_known,
        contributions.evidence_value as value,
        criteria.evidence_field,
        contributions.evidence_id,
        contributions.recorded_at
    from scores
    inner join criteria
        on
            scores.model_name = criteria.model_name
            and scores.model_version = criteria.model_version
    left join contributions
        on
            scores.person_id = contributions.person_id
            and criteria.model_name = contributions.model_name
            and criteria.model_version = contributions.model_version
            and criteria.criterion_code = contributions.criterion_code
            and scores.scored_at >= contributions.valid_from_at
            and coalesce(scores.scored_at < contributions.valid_to_at, true)

)

select * from final
