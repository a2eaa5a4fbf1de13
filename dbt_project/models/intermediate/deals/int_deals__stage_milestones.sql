with

reaches as (

    select * from {{ ref('int_deals__reaches') }}
    where stage_type = 'open'

),

deals as (

    select * from {{ ref('int_deals__current') }}

),

milestones as (

    select * from {{ ref('stg_workspace__milestones') }}

),

checks as (

    select * from {{ ref('int_deals__milestone_checks') }}

),

-- A stage ends for a deal when it first reaches the next one, else when it closes.
stage_milestones as (

    select
        reaches.deal_id,
        reaches.stage_id,
        reaches.stage_rank,
        reaches.first_reached_at as reached_at,
        reaches.next_reached_at,
        coalesce(reaches.next_reached_at, deals.closed_at) as ended_at,
        milestones.milestone_id,
        milestones.milestone_code,
        milestones.bant_dimension,
        milestones.milestone_weight,
        milestones.stage_id = reaches.stage_id as is_due
    from reaches
    inner join deals
        on reaches.deal_id = deals.deal_id
    inner join milestones
        on reaches.pipeline_name = milestones.pipeline_name

),

-- What was known at the end of the stage; a check of the very instant belongs to it.
known_checks as (

    select
        stage_milestones.deal_id,
        stage_milestones.stage_id,
        stage_milestones.milestone_code,
        checks.milestone_status,
        row_number() over (
            partition by
                stage_milestones.deal_id,
                stage_milestones.stage_id,
                stage_milestones.milestone_code
            order by checks.occurred_at desc, checks.milestone_check_id desc
        ) as number_from_end
    from stage_milestones
    inner join checks
        on
            stage_milestones.deal_id = checks.deal_id
            and stage_milestones.milestone_code = checks.milestone_code
            and (
                stage_milestones.ended_at is null
                or stage_milestones.ended_at >= checks.occurred_at
            )

),

validations as (

    select
        deal_id,
        milestone_code,
        min(occurred_at) as first_validated_at
    from checks
    where milestone_status = 'validated'
    group by deal_id, milestone_code

),

final as (

    select
        stage_milestones.deal_id,
        stage_milestones.stage_id,
        stage_milestones.stage_rank,
        stage_milestones.milestone_id,
        stage_milestones.milestone_code,
        stage_milestones.bant_dimension,
        stage_milestones.milestone_weight,
        stage_milestones.is_due,
        stage_milestones.reached_at,
        stage_milestones.next_reached_at,
        stage_milestones.ended_at,
        coalesce(known_checks.milestone_status, 'unknown') as milestone_state,
        validations.first_validated_at
    from stage_milestones
    left join known_checks
        on
            stage_milestones.deal_id = known_checks.deal_id
            and stage_milestones.stage_id = known_checks.stage_id
            and stage_milestones.milestone_code = known_checks.milestone_code
            and known_checks.number_from_end = 1
    left join validations
        on
            stage_milestones.deal_id = validations.deal_id
            and stage_milestones.milestone_code = validations.milestone_code

)

select * from final
