-- Law 10: the date of a fact is that of its instant in the company's zone, also on the
-- nights that change clocks, and a session lies on one date from end to end.
{{ config(meta={'dagster': {'ref': {'name': 'fct_activities'}}}) }}

with

instants as (

    select
        'fct_web_sessions start' as fact_name,
        session_id as fact_id,
        started_at as occurred_at,
        session_date as fact_date
    from {{ ref('fct_web_sessions') }}
    union all
    select
        'fct_web_sessions end' as fact_name,
        session_id as fact_id,
        ended_at as occurred_at,
        session_date as fact_date
    from {{ ref('fct_web_sessions') }}
    union all
    select
        'fct_email_sends' as fact_name,
        email_send_id as fact_id,
        sent_at as occurred_at,
        sent_date as fact_date
    from {{ ref('fct_email_sends') }}
    union all
    select
        'fct_activities' as fact_name,
        activity_id as fact_id,
        occurred_at,
        occurred_date as fact_date
    from {{ ref('fct_activities') }}
    union all
    select
        'fct_leads' as fact_name,
        lead_cycle_id as fact_id,
        opened_at as occurred_at,
        opened_date as fact_date
    from {{ ref('fct_leads') }}
    union all
    select
        'fct_mqls' as fact_name,
        lead_cycle_id as fact_id,
        mql_at as occurred_at,
        mql_date as fact_date
    from {{ ref('fct_mqls') }}
    union all
    select
        'fct_sqls' as fact_name,
        lead_cycle_id as fact_id,
        sql_at as occurred_at,
        sql_date as fact_date
    from {{ ref('fct_sqls') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

final as (

    select instants.*
    from instants
    left join dates
        on instants.fact_date = dates.date_day
    where
        instants.fact_date <> {{ business_date('instants.occurred_at') }}
        -- Nothing happened after the as-of day, and the calendar has every day.
        or instants.fact_date > {{ as_of() }}
        or dates.date_day is null

)

select * from final
