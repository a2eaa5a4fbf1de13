with

states as (

    select * from {{ ref('int_scoring__states') }}

),

criteria as (

    select * from {{ ref('int_scoring__criteria') }}

),

thresholds as (

    select * from {{ ref('stg_workspace__scoring_thresholds') }}
    where transition_code = 'lead_to_mql'

),

grades as (

    select
        *,
        lead(lower_bound) over (
            partition by model_name, model_version
            order by lower_bound
        ) as upper_bound
    from {{ ref('stg_workspace__scoring_grades') }}

),

scored as (

    select
        *,
        cast(greatest(0, least(100, fit_points + heat_points)) as decimal(18, 4))
            as score_confirmed,
        cast(
            greatest(0, least(100, 100 - known_points + fit_points + heat_points))
            as decimal(18, 4)
        ) as score_potential,
        -- The lowest bit that is not set: the heaviest criterion that is unknown.
        (~known_bits) & (known_bits + 1) as next_best_bit
    from states

),

final as (

    select
        scored.person_id,
        scored.model_name,
        scored.model_version,
        scored.valid_from_at,
        scored.valid_to_at,
        scored.score_confirmed,
        scored.score_potential,
        cast(scored.known_points as double) / 100 as completeness,
        scored.fit_points,
        scored.heat_points,
        grades.grade_code as grade,
        criteria.criterion_code as next_best_criterion_code,
        scored.count_refusals = 0 as is_contactable,
        coalesce(
            scored.count_refusals = 0
            and scored.score_confirmed >= thresholds.score_threshold
            and scored.fit_points >= thresholds.fit_floor,
            false
        ) as is_mql_ready
    from scored
    left join criteria
        on
            scored.model_name = criteria.model_name
            and scored.model_version = criteria.model_version
            and scored.next_best_bit = criteria.criterion_bit
    left join thresholds
        on
            scored.model_name = thresholds.model_name
            and scored.model_version = thresholds.model_version
    left join grades
        on
            scored.model_name = grades.model_name
            and scored.model_version = grades.model_version
            and scored.score_confirmed >= grades.lower_bound
            and coalesce(scored.score_confirmed < grades.upper_bound, true)

)

select * from final
