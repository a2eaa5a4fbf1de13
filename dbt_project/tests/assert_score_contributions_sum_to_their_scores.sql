-- Law 7: the contributions of a score sum to it, in all and by group, and what they do
-- not know is what it could still have.
{{ config(meta={'dagster': {'ref': {'name': 'fct_lead_score_contributions'}}}) }}

with

scores as (

    select * from {{ ref('fct_lead_scores') }}

),

contributions as (

    select * from {{ ref('fct_lead_score_contributions') }}

),

sums as (

    select
        lead_score_id,
        sum(case when criterion_group = 'fit' then points else 0 end) as fit_points,
        sum(case when criterion_group = 'heat' then points else 0 end) as heat_points,
        sum(case when is_known then max_points else 0 end) as known_points,
        sum(max_points) as all_points
    from contributions
    group by lead_score_id

),

differences as (

    select
        scores.lead_score_id,
        coalesce(
            sums.fit_points = scores.fit_points
            and sums.heat_points = scores.heat_points
            and sums.fit_points + sums.heat_points = scores.score_confirmed
            and scores.score_confirmed + 100 - sums.known_points
            = scores.score_potential
            and sums.all_points = 100,
            false
        ) as is_kept
    from scores
    left join sums
        on scores.lead_score_id = sums.lead_score_id
    union all
    select
        sums.lead_score_id,
        scores.lead_score_id is not null as is_kept
    from sums
    left join scores
        on sums.lead_score_id = scores.lead_score_id

),

final as (

    select * from differences
    where not is_kept

)

select * from final
