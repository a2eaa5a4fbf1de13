with

milestones as (

    select * from {{ ref('int_deals__milestone_checks') }}

),

deals as (

    select * from {{ ref('int_deals__current') }}

),

final as (

    select
        milestones.milestone_check_id,
        milestones.deal_id,
        milestones.milestone_code,
        milestones.stage_id,
        milestones.bant_dimension,
        milestones.milestone_status,
        milestones.occurred_at,
        {{ business_date('milestones.occurred_at') }} as occurred_date,
        milestones.owner_id
    from milestones
    inner join deals
        on milestones.deal_id = deals.deal_id

)

select * from final
