-- Whom to call today, in order (R-27, R-28). Table, filtered by owner_id. Names are not published: the ids are those of
-- the CRM after the colon.
select
    action_rank,
    owner_id,
    action_type,
    person_id,
    company_id,
    deal_id,
    due_at,
    is_overdue,
    score_confirmed,
    score_potential,
    next_best_criterion_label_en,
    reason_en
from marts.kpi_next_actions
where is_callable and action_type not in ('give_up', 'nurture')
order by action_rank
