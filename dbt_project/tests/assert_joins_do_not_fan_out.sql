-- Law 8: what a mart counts is what came in, once. A join on merged contacts, visitors,
-- customers or cycles that doubled a row would show here.
{{ config(meta={'dagster': {'ref': {'name': 'fct_leads'}}}) }}

with

counts as (

    select
        'messages' as fact_name,
        (
            select count(distinct message_id)
            from {{ ref('int_email__events') }}
        ) as count_expected,
        (select count(*) from {{ ref('fct_email_sends') }}) as count_found
    union all
    select
        'clicks' as fact_name,
        (
            select count(*)
            from {{ ref('int_email__events') }}
            where event_type = 'click'
        ) as count_expected,
        (
            select coalesce(sum(count_human_clicks + count_machine_clicks), 0)
            from {{ ref('fct_email_sends') }}
        ) as count_found
    union all
    select
        'sessions' as fact_name,
        (select count(*) from {{ ref('int_web__sessions') }}) as count_expected,
        (select count(*) from {{ ref('fct_web_sessions') }}) as count_found
    union all
    select
        'web events' as fact_name,
        (select count(*) from {{ ref('int_web__events') }}) as count_expected,
        (
            select coalesce(sum(count_events), 0)
            from {{ ref('fct_web_sessions') }}
        ) as count_found
    union all
    select
        'persons' as fact_name,
        (
            select count(distinct person_id)
            from {{ ref('int_identity__persons') }}
        ) as count_expected,
        (select count(*) from {{ ref('dim_persons') }}) as count_found
    union all
    select
        'activities' as fact_name,
        (select count(*) from {{ ref('int_lifecycle__activities') }}) as count_expected,
        (select count(*) from {{ ref('fct_activities') }}) as count_found
    union all
    select
        'lead cycles' as fact_name,
        (select count(*) from {{ ref('int_lifecycle__cycles') }}) as count_expected,
        (select count(*) from {{ ref('fct_leads') }}) as count_found
    union all
    select
        'exposures' as fact_name,
        (select count(*) from {{ ref('int_audiences__exposures') }}) as count_expected,
        (select count(*) from {{ ref('fct_audience_exposures') }}) as count_found

),

final as (

    select *
    from counts
    where count_expected <> count_found

)

select * from final
