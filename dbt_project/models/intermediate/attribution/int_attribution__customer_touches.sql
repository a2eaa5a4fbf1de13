with

touches as (

    select * from {{ ref('int_lifecycle__touches') }}

),

profiles as (

    select * from {{ ref('int_identity__profiles') }}

),

contacts as (

    select
        person_id,
        person_id as customer_id
    from profiles
    where not_reportable_reason is null
    union all
    select
        person_id,
        company_id as customer_id
    from profiles
    where not_reportable_reason is null and company_id is not null

),

final as (

    select
        contacts.customer_id,
        touches.person_id,
        touches.touch_type,
        touches.touch_id,
        touches.touched_at,
        touches.channel_name,
        touches.campaign_name,
        touches.content_name,
        touches.has_origin
    from touches
    inner join contacts
        on touches.person_id = contacts.person_id

)

select * from final
