{%- set most_contents = 50 -%}

with

sessions as (

    select * from {{ ref('int_web__sessions') }}

),

visitors as (

    select * from {{ ref('int_identity__visitors') }}

),

bots as (

    select * from {{ ref('int_web__bots') }}

),

web_signals as (

    select * from {{ ref('int_lifecycle__web_signals') }}

),

downloads as (

    select
        event_id,
        event_date,
        {{ url_part('page_url', 'path') }} as page_path
    from {{ ref('int_web__events') }}
    where event_name = 'download'

),

visits as (

    select
        visitors.person_id,
        sessions.session_date as touched_date,
        sessions.started_at as touched_at,
        sessions.landing_page_url,
        sessions.utm_content
    from sessions
    inner join visitors
        on sessions.visitor_id = visitors.visitor_id
    left join bots
        on sessions.user_agent = bots.user_agent
    where
        bots.user_agent is null
        and not visitors.is_internal
        and visitors.person_id is not null

),

touches as (

    select
        person_id,
        touched_date,
        touched_at,
        'page' as content_type,
        landing_page_url as content_name
    from visits
    union all
    select
        person_id,
        touched_date,
        touched_at,
        'campaign' as content_type,
        utm_content as content_name
    from visits
    union all
    select
        person_id,
        event_date as touched_date,
        occurred_at as touched_at,
        'form' as content_type,
        form_name as content_name
    from web_signals
    where event_name = 'form_submit'
    union all
    select
        web_signals.person_id,
        web_signals.event_date as touched_date,
        web_signals.occurred_at as touched_at,
        'document' as content_type,
        downloads.page_path as content_name
    from web_signals
    inner join downloads
        on
            web_signals.event_id = downloads.event_id
            and web_signals.event_date = downloads.event_date

),

-- A site has thousands of pages; those that few people came to are one content.
ranked_contents as (

    select
        content_type,
        content_name,
        row_number() over (
            partition by content_type
            order by count(distinct person_id) desc, content_name asc
        ) as content_rank
    from touches
    where person_id is not null and content_name is not null
    group by content_type, content_name

),

final as (

    select
        touches.person_id,
        touches.touched_date,
        touches.touched_at,
        case
            when ranked_contents.content_rank <= {{ most_contents }}
                then touches.content_type || ':' || touches.content_name
            else touches.content_type || ':other'
        end as content_id
    from touches
    inner join ranked_contents
        on
            touches.content_type = ranked_contents.content_type
            and touches.content_name = ranked_contents.content_name
    where touches.person_id is not null

)

select * from final
