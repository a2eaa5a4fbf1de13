{% set metrics = ['content_mql_rate', 'content_sql_rate', 'content_order_rate'] %}
with

entries as (

    select * from {{ ref('int_kpi__content_entries') }}

),

persons as (

    select * from {{ ref('dim_persons') }}

),

mqls as (

    select * from {{ ref('fct_mqls') }}

),

sqls as (

    select * from {{ ref('fct_sqls') }}

),

orders as (

    select * from {{ ref('fct_orders') }}
    where cancelled_date is null and customer_id is not null

),

arrivals as (

    select
        'content_mql_rate' as metric_id,
        person_id,
        mql_at as reached_at
    from mqls
    union all
    select
        'content_sql_rate' as metric_id,
        person_id,
        sql_at as reached_at
    from sqls
    union all
    select
        'content_order_rate' as metric_id,
        persons.person_id,
        orders.ordered_at as reached_at
    from orders
    inner join persons
        on orders.customer_id = coalesce(persons.company_id, persons.person_id)

),

metrics as (

    {% for metric in metrics %}
    select '{{ metric }}' as metric_id
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

touch_instants as (

    select distinct
        person_id,
        entered_at
    from entries

),

first_arrivals as (

    select
        metrics.metric_id,
        touch_instants.person_id,
        touch_instants.entered_at,
        min(arrivals.reached_at) as reached_at
    from touch_instants
    cross join metrics
    left join arrivals
        on
            metrics.metric_id = arrivals.metric_id
            and touch_instants.person_id = arrivals.person_id
            and touch_instants.entered_at <= arrivals.reached_at
    group by metrics.metric_id, touch_instants.person_id, touch_instants.entered_at

),

final as (

    select
        first_arrivals.metric_id,
        'content' as dimension_name,
        entries.content_id as dimension_value,
        entries.period_grain,
        entries.period_start,
        entries.person_id as item_id,
        {{ seconds_between('entries.entered_at', 'first_arrivals.reached_at') }}
            as reach_seconds,
        cast(null as bigint) as compete_seconds,
        {{ seconds_between('entries.entered_at', end_of_as_of()) }}
            as followup_seconds
    from entries
    inner join first_arrivals
        on
            entries.person_id = first_arrivals.person_id
            and entries.entered_at = first_arrivals.entered_at

)

select * from final
