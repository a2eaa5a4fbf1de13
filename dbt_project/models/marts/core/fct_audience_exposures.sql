with

exposures as (

    select * from {{ ref('int_audiences__exposures') }}

),

profiles as (

    select * from {{ ref('int_identity__profiles') }}

),

customers as (

    select * from {{ ref('int_audiences__customers') }}

),

leads as (

    select * from {{ ref('fct_leads') }}

),

-- Who orders on the day of the exposure is a customer on that day.
first_orders as (

    select
        profiles.person_id,
        min(customers.first_order_date) as first_order_date
    from profiles
    inner join customers
        on
            customers.customer_id
            in (profiles.company_id, 'person:' || profiles.person_id)
    group by profiles.person_id

),

open_mqls as (

    select distinct exposures.audience_exposure_id
    from exposures
    inner join leads
        on
            exposures.person_id = leads.person_id
            and exposures.exposed_at > leads.mql_at
            and (leads.closed_at is null or exposures.exposed_at <= leads.closed_at)

),

reasons as (

    select
        exposures.audience_exposure_id,
        exposures.audience_type,
        exposures.audience_name,
        exposures.exposure_date,
        exposures.exposed_at,
        exposures.person_id,
        exposures.count_people,
        exposures.person_id is not null as is_identified,
        case
            when profiles.is_internal then 'staff'
            when profiles.not_reportable_reason is not null then 'not_reportable'
            when exposures.is_hard_bounce then 'hard_bounce'
            when first_orders.first_order_date <= exposures.exposure_date
                then 'existing_customer'
            when open_mqls.audience_exposure_id is not null then 'open_mql'
        end as ineligibility_reason
    from exposures
    left join profiles
        on exposures.person_id = profiles.person_id
    left join first_orders
        on exposures.person_id = first_orders.person_id
    left join open_mqls
        on exposures.audience_exposure_id = open_mqls.audience_exposure_id

),

final as (

    select
        audience_exposure_id,
        audience_type,
        audience_name,
        exposure_date,
        exposed_at,
        person_id,
        count_people,
        is_identified,
        case when is_identified then 'identified_cohort' else 'anonymous_ratio' end
            as basis,
        ineligibility_reason is null as is_eligible,
        ineligibility_reason
    from reasons

)

select * from final
