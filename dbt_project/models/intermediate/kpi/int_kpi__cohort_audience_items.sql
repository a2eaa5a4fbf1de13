{% set grains = ['week', 'month', 'quarter', 'fiscal_year'] %}
with

exposures as (

    select distinct
        person_id,
        audience_type,
        exposure_date,
        exposed_at
    from {{ ref('fct_audience_exposures') }}
    where is_identified and is_eligible and person_id is not null

),

leads as (

    select * from {{ ref('fct_leads') }}

),

mqls as (

    select * from {{ ref('fct_mqls') }}

),

-- A person counts once per period: in each audience, and once over all of them.
first_exposures as (

    {% for grain in grains %}
    {% set outer_loop = loop %}
    {% for name, expression in [
            ('total', "'all'"), ('audience_type', 'audience_type')
        ] %}
    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'exposure_date') }} as period_start,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        person_id,
        min(exposure_date) as entered_date,
        min(exposed_at) as entered_at
    from exposures
    group by
        {{ period_start(grain, 'exposure_date') }}, {{ expression }}, person_id
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {% endfor %}
    {% endfor %}

),

entries as (

    select distinct
        person_id,
        entered_at
    from first_exposures

),

arrivals as (

    select
        'kpi1_lead_rate' as metric_id,
        person_id,
        opened_at as reached_at,
        opened_date as reached_date
    from leads
    union all
    select
        'kpi1_mql_rate' as metric_id,
        person_id,
        mql_at as reached_at,
        mql_date as reached_date
    from mqls

),

metrics as (

    select 'kpi1_lead_rate' as metric_id
    union all
    select 'kpi1_mql_rate' as metric_id

),

-- A lead of the same day that came before the exposure is not its result.
first_arrivals as (

    select
        metrics.metric_id,
        entries.person_id,
        entries.entered_at,
        min(arrivals.reached_date) as reached_date
    from entries
    cross join metrics
    left join arrivals
        on
            metrics.metric_id = arrivals.metric_id
            and entries.person_id = arrivals.person_id
            and entries.entered_at <= arrivals.reached_at
    group by metrics.metric_id, entries.person_id, entries.entered_at

),

-- Some exposures have a day and no hour, so these times are whole days.
final as (

    select
        first_arrivals.metric_id,
        first_exposures.dimension_name,
        first_exposures.dimension_value,
        first_exposures.period_grain,
        first_exposures.period_start,
        first_exposures.person_id as item_id,
        cast(
            {{ days_between(
                'first_exposures.entered_date', 'first_arrivals.reached_date'
            ) }} as bigint
        ) * 86400 as reach_seconds,
        cast(null as bigint) as compete_seconds,
        cast(
            {{ days_between('first_exposures.entered_date', as_of()) }} as bigint
        ) * 86400 as followup_seconds
    from first_exposures
    inner join first_arrivals
        on
            first_exposures.person_id = first_arrivals.person_id
            and first_exposures.entered_at = first_arrivals.entered_at

)

select * from final
