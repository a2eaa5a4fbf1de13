with

milestone_checks as (

    select * from {{ ref('stg_files__milestones') }}

),

milestone_definitions as (

    select * from {{ ref('stg_workspace__milestones') }}

),

deals as (

    select * from {{ ref('int_deals__current') }}

),

-- A code may belong to several pipelines: that of the deal decides.
final as (

    select
        milestone_checks.milestone_check_id,
        milestone_checks.deal_id,
        milestone_checks.milestone_code,
        milestone_definitions.pipeline_name || ':' || milestone_definitions.stage_name
            as stage_id,
        milestone_definitions.bant_dimension,
        milestone_checks.milestone_status,
        milestone_checks.occurred_at,
        milestone_checks.owner_id
    from milestone_checks
    inner join deals
        on milestone_checks.deal_id = deals.deal_id
    left join milestone_definitions
        on
            milestone_checks.milestone_code = milestone_definitions.milestone_code
            and deals.pipeline_name = milestone_definitions.pipeline_name
    where
        not coalesce(milestone_checks.is_deleted, false)
        and milestone_checks.occurred_at < {{ end_of_as_of() }}
        and coalesce(milestone_checks.recorded_at, milestone_checks.occurred_at)
        < {{ end_of_as_of() }}

)

select * from final
