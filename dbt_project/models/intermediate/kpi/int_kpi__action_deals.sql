with

deals as (

    select * from {{ ref('fct_deals') }}
    where deal_status = 'open' and is_reportable

),

open_leads as (

    select * from {{ ref('fct_leads') }}
    where closed_at is null

),

visits as (

    select * from {{ ref('fct_stage_visits') }}
    where is_open

),

stage_limits as (

    select * from {{ ref('int_deals__stage_limits') }}

),

stages as (

    select * from {{ ref('dim_stages') }}

),

milestones as (

    select * from {{ ref('stg_workspace__milestones') }}

),

activities as (

    select * from {{ ref('int_lifecycle__activities') }}
    where is_human_contact or coalesce(direction, 'outbound') <> 'inbound'

),

-- An activity that names another deal is that deal's.
touches as (

    select
        deal_id,
        activity_id
    from activities
    where deal_id is not null
    union
    select
        deals.deal_id,
        activities.activity_id
    from deals
    inner join {{ ref('fct_deal_contacts') }} as deal_contacts
        on deals.deal_id = deal_contacts.deal_id
    inner join activities
        on
            deal_contacts.person_id = activities.person_id
            and deals.created_at <= activities.occurred_at
    where activities.deal_id is null

),

touched as (

    select
        touches.deal_id,
        max(activities.occurred_at) as last_contact_at,
        sum(case when activities.is_contact_attempt then 1 else 0 end)
            as count_attempts
    from touches
    inner join activities
        on touches.activity_id = activities.activity_id
    group by touches.deal_id

),

checks as (

    select
        deal_id,
        milestone_code,
        milestone_status,
        row_number() over (
            partition by deal_id, milestone_code
            order by occurred_at desc, milestone_check_id desc
        ) as number_from_end
    from {{ ref('fct_milestones') }}

),

-- What the next stage asks for: the milestones of the stage and of those before it.
missing_milestones as (

    select
        deals.deal_id,
        milestones.milestone_code,
        milestones.label_en,
        milestones.label_fr,
        coalesce(checks.milestone_status, 'unknown') as milestone_state,
        row_number() over (
            partition by deals.deal_id
            order by
                milestone_stages.stage_rank asc,
                milestones.milestone_weight desc,
                milestones.milestone_code asc
        ) as milestone_number
    from deals
    inner join visits
        on deals.deal_id = visits.deal_id
    inner join stages as milestone_stages
        on
            visits.pipeline_name = milestone_stages.pipeline_name
            and visits.stage_rank >= milestone_stages.stage_rank
    inner join milestones
        on milestone_stages.stage_id = milestones.stage_id
    left join checks
        on
            deals.deal_id = checks.deal_id
            and milestones.milestone_code = checks.milestone_code
            and checks.number_from_end = 1
    where coalesce(checks.milestone_status, 'unknown') <> 'validated'

),

final as (

    select
        deals.deal_id,
        coalesce(open_leads.lead_cycle_id, deals.lead_cycle_id) as lead_cycle_id,
        deals.person_id,
        deals.company_id,
        coalesce(deals.owner_id, open_leads.owner_id) as owner_id,
        coalesce(visits.is_stalled, false) as is_stalled,
        coalesce(visits.entered_at, deals.created_at) as entered_at,
        touched.last_contact_at,
        coalesce(touched.count_attempts, 0) as count_attempts,
        stages.stage_name,
        stages.label_en as stage_label_en,
        stages.label_fr as stage_label_fr,
        cast(
            floor({{ days_elapsed('visits.entered_at', end_of_as_of()) }}) as bigint
        ) as days_in_stage,
        case
            when visits.is_stalled
                then
                    {{ seconds_between('visits.entered_at', end_of_as_of()) }}
                    - stage_limits.stalled_after_seconds
        end as seconds_beyond_limit,
        missing_milestones.milestone_code,
        missing_milestones.milestone_state,
        missing_milestones.label_en as milestone_label_en,
        missing_milestones.label_fr as milestone_label_fr
    from deals
    left join open_leads
        on deals.person_id = open_leads.person_id
    left join visits
        on deals.deal_id = visits.deal_id
    left join stage_limits
        on visits.stage_id = stage_limits.stage_id
    left join stages
        on visits.stage_id = stages.stage_id
    left join touched
        on deals.deal_id = touched.deal_id
    left join missing_milestones
        on
            deals.deal_id = missing_milestones.deal_id
            and missing_milestones.milestone_number = 1

)

select * from final
