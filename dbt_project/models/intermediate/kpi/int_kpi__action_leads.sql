with

leads as (

    select
        fct_leads.*,
        cycles.last_signal_at
    from {{ ref('fct_leads') }} as fct_leads
    inner join {{ ref('int_lifecycle__cycles') }} as cycles
        on fct_leads.lead_cycle_id = cycles.lead_cycle_id
    where fct_leads.closed_at is null

),

activities as (

    select
        contacts.*,
        activities.direction
    from {{ ref('int_lifecycle__contacts') }} as contacts
    inner join {{ ref('int_lifecycle__activities') }} as activities
        on contacts.activity_id = activities.activity_id

),

-- Who negotiates is followed by the deal, whichever of the person's cycles brought it.
persons_with_deal as (

    select distinct person_id
    from {{ ref('fct_deals') }}
    where deal_status = 'open' and is_reportable and person_id is not null

),

unsubscribed_persons as (

    select distinct person_id
    from {{ ref('fct_email_sends') }}
    where is_unsubscribed and person_id is not null

),

persons as (

    select
        dim_persons.person_id,
        dim_persons.consent_status = 'granted'
        or (
            dim_persons.consent_status <> 'denied'
            and unsubscribed_persons.person_id is null
        ) as has_consent
    from {{ ref('dim_persons') }} as dim_persons
    left join unsubscribed_persons
        on dim_persons.person_id = unsubscribed_persons.person_id

),

-- An open cycle is the last one of its person.
requests as (

    select
        leads.lead_cycle_id,
        max(signals.signal_at) as last_request_at
    from leads
    inner join {{ ref('int_lifecycle__signals') }} as signals
        on
            leads.person_id = signals.person_id
            and leads.opened_at <= signals.signal_at
    where signals.mql_authority = 'hand_raise'
    group by leads.lead_cycle_id

),

-- What the company did, and where the two spoke to each other.
touches as (

    select
        leads.lead_cycle_id,
        activities.occurred_at,
        activities.is_contact_attempt,
        activities.is_human_contact,
        activities.is_human_contact and activities.verdict = 'refused' as is_refusal,
        activities.is_human_contact and activities.verdict = 'valid' as is_valid,
        activities.refusal_reason
    from leads
    inner join activities
        on leads.lead_cycle_id = activities.lead_cycle_id
    where
        activities.is_human_contact
        or coalesce(activities.direction, 'outbound') <> 'inbound'

),

touched as (

    select
        lead_cycle_id,
        max(occurred_at) as last_contact_at,
        max(case when is_contact_attempt then occurred_at end) as last_attempt_at,
        max(case when is_human_contact then occurred_at end) as last_reached_at,
        max(case when is_refusal then occurred_at end) as last_refused_at,
        max(case when is_valid then occurred_at end) as last_valid_at,
        sum(case when is_contact_attempt then 1 else 0 end) as count_attempts
    from touches
    group by lead_cycle_id

),

-- Who was reached, or asks again, is counted anew.
since as (

    select
        touched.lead_cycle_id,
        sum(
            case
                when
                    touches.is_contact_attempt
                    and coalesce(touches.occurred_at > touched.last_reached_at, true)
                    and coalesce(
                        touches.occurred_at >= requests.last_request_at, true
                    )
                    then 1
                else 0
            end
        ) as count_unanswered_attempts,
        min(
            case
                when
                    touches.is_refusal
                    and touches.occurred_at = touched.last_refused_at
                    then touches.refusal_reason
            end
        ) as refusal_reason
    from touched
    inner join touches
        on touched.lead_cycle_id = touches.lead_cycle_id
    left join requests
        on touched.lead_cycle_id = requests.lead_cycle_id
    group by touched.lead_cycle_id

),

final as (

    select
        leads.lead_cycle_id,
        leads.person_id,
        leads.company_id,
        leads.owner_id,
        leads.is_recycled,
        case
            when
                requests.last_request_at is not null
                and coalesce(touched.last_attempt_at < requests.last_request_at, true)
                then 'hand_raise'
            when
                leads.mql_at is not null
                and coalesce(touched.last_attempt_at < leads.mql_at, true)
                then 'new_mql'
            when
                touched.last_reached_at >= coalesce(leads.mql_at, leads.opened_at)
                then 'follow_up'
            when touched.last_attempt_at is not null then 'retry'
            else 'new_lead'
        end as situation,
        leads.opened_at,
        leads.mql_at,
        requests.last_request_at,
        touched.last_contact_at,
        greatest(leads.last_signal_at, touched.last_reached_at) as last_sign_at,
        coalesce(touched.count_attempts, 0) as count_attempts,
        coalesce(since.count_unanswered_attempts, 0) as count_unanswered_attempts,
        -- Who asks to be contacted in this cycle is answered.
        persons.has_consent or requests.last_request_at is not null as is_callable,
        coalesce(
            touched.last_refused_at is not null
            and coalesce(touched.last_refused_at > touched.last_valid_at, true)
            and coalesce(touched.last_refused_at >= requests.last_request_at, true),
            false
        ) as is_refused,
        since.refusal_reason
    from leads
    inner join persons
        on leads.person_id = persons.person_id
    left join persons_with_deal
        on leads.person_id = persons_with_deal.person_id
    left join requests
        on leads.lead_cycle_id = requests.lead_cycle_id
    left join touched
        on leads.lead_cycle_id = touched.lead_cycle_id
    left join since
        on leads.lead_cycle_id = since.lead_cycle_id
    where persons_with_deal.person_id is null

)

select * from final
