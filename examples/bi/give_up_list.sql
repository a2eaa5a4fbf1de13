-- Whom to give up, and by which rule (R-29). Table.
select
    action_rank,
    owner_id,
    person_id,
    company_id,
    give_up_rule_code,
    count_attempts,
    last_contact_at,
    reason_en
from marts.kpi_next_actions
where action_type = 'give_up'
order by action_rank
