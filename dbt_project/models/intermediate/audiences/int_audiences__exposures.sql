with

encounters as (

    select * from {{ ref('int_audiences__encounters') }}

),

messages as (

    select * from {{ ref('int_email__messages') }}

),

sessions as (

    select * from {{ ref('int_web__sessions') }}

),

bots as (

    select * from {{ ref('int_web__bots') }}

),

visitors as (

    select * from {{ ref('int_identity__visitors') }}

),

profiles as (

    select * from {{ ref('int_identity__profiles') }}

),

-- A visitor without consent has no id and cannot be counted as a person. Who became a
-- contact after the visit was anonymous in it: to count them as known would choose the
-- audience by its outcome.
visits as (

    select
        sessions.session_date,
        sessions.started_at,
        sessions.visitor_id,
        case
            when visitors.is_internal or profiles.created_at <= sessions.started_at
                then visitors.person_id
        end as person_id,
        coalesce(visitors.is_internal, false) as is_internal
    from sessions
    left join visitors
        on sessions.visitor_id = visitors.visitor_id
    left join profiles
        on visitors.person_id = profiles.person_id
    left join bots
        on sessions.user_agent = bots.user_agent
    where sessions.visitor_id is not null and bots.user_agent is null

),

exposures as (

    select
        'email' as audience_type,
        coalesce(campaign_name, campaign_id) as audience_name,
        {{ business_date('sent_at') }} as exposure_date,
        sent_at as exposed_at,
        person_id,
        1 as count_people,
        is_hard_bounce
    from messages
    where is_delivered
    union all
    select
        audience_type,
        audience_name,
        exposure_date,
        encountered_at as exposed_at,
        person_id,
        count_people,
        false as is_hard_bounce
    from encounters
    union all
    select
        'web_site' as audience_type,
        'web_site' as audience_name,
        session_date as exposure_date,
        started_at as exposed_at,
        person_id,
        1 as count_people,
        false as is_hard_bounce
    from visits
    where person_id is not null
    union all
    -- Visitors are distinct over the day; over a longer time they are counted from the
    -- sessions.
    select
        'web_site' as audience_type,
        'web_site' as audience_name,
        session_date as exposure_date,
        min(started_at) as exposed_at,
        cast(null as string) as person_id,
        count(distinct visitor_id) as count_people,
        false as is_hard_bounce
    from visits
    where person_id is null and not is_internal
    group by session_date

),

final as (

    select
        {{ surrogate_key([
            'audience_type', 'audience_name', 'exposure_date', 'person_id',
        ]) }} as audience_exposure_id,
        audience_type,
        audience_name,
        exposure_date,
        min(exposed_at) as exposed_at,
        person_id,
        cast(
            case when person_id is null then sum(count_people) else 1 end as bigint
        ) as count_people,
        -- One message that arrived is enough.
        min(case when is_hard_bounce then 1 else 0 end) = 1 as is_hard_bounce
    from exposures
    group by audience_type, audience_name, exposure_date, person_id

)

select * from final
