with

deals as (

    select * from {{ ref('fct_deals') }}

),

demo_rules as (

    select * from {{ ref('int_deals__demo_rules') }}

),

contacts as (

    select * from {{ ref('fct_deal_contacts') }}

),

-- Who of the committee is known to have that role; nobody known proves nothing.
committees as (

    select
        deal_id,
        cast(count(*) as bigint) as count_contacts,
        max(case when committee_role = 'decision_maker' then 1 else 0 end) = 1
            as has_decision_maker,
        max(case when committee_role = 'influencer' then 1 else 0 end) = 1
            as has_influencer,
        max(case when committee_role = 'blocker' then 1 else 0 end) = 1
            as has_blocker,
        max(case when committee_role = 'user' then 1 else 0 end) = 1 as has_user
    from contacts
    group by deal_id

),

-- What the salesperson checked goes before what the list of contacts suggests.
rules as (

    select
        deals.deal_id,
        deals.owner_id,
        deals.deal_status,
        deals.is_reportable,
        demo_rules.demo_at,
        demo_rules.is_need_validated_before_demo
        and demo_rules.is_roi_validated_before_demo as is_demo_after_need_and_roi,
        demo_rules.is_demo_succeeded,
        case
            when demo_rules.deal_id is not null
                then
                    coalesce(
                        demo_rules.is_authority_validated,
                        case when committees.has_decision_maker then true end
                    )
        end as is_demo_with_decision_maker,
        case
            when demo_rules.deal_id is not null
                then
                    coalesce(
                        demo_rules.is_blockers_validated,
                        case when committees.has_blocker then true end
                    )
        end as is_demo_with_blockers,
        coalesce(committees.count_contacts, 0) as count_contacts,
        coalesce(committees.has_decision_maker, false) as has_decision_maker,
        coalesce(committees.has_influencer, false) as has_influencer,
        coalesce(committees.has_blocker, false) as has_blocker,
        coalesce(committees.has_user, false) as has_user
    from deals
    left join demo_rules
        on deals.deal_id = demo_rules.deal_id
    left join committees
        on deals.deal_id = committees.deal_id

),

final as (

    select
        deal_id,
        owner_id,
        deal_status,
        is_reportable,
        demo_at,
        {{ business_date('demo_at') }} as demo_date,
        is_demo_after_need_and_roi,
        is_demo_succeeded,
        is_demo_with_decision_maker,
        is_demo_with_blockers,
        count_contacts,
        has_decision_maker,
        has_influencer,
        has_blocker,
        has_user
    from rules

)

select * from final
