{# A view: the mart on top of it is the table. #}
{{ config(materialized='view') }}
{% set figure = [
    'metric_id', 'period_grain', 'period_start', 'dimension_name', 'dimension_value',
    'basis', 'window_days',
] %}
{% set columns = figure + [
    'reported_as_of', 'is_complete', 'numerator', 'denominator', 'value',
    'metric_version',
] %}
with

reported as (

    select * from {{ ref('stg_reported__kpi_values') }}

),

current_values as (

    select * from {{ ref('int_kpi__values') }}
    where period_kind = 'actual' and value is not null

),

periods as (

    select * from {{ ref('int_kpi__periods') }}

),

metrics as (

    select * from {{ ref('int_kpi__metrics') }}

),

-- Of a period that still runs, every day's figure is one that a meeting can have seen;
-- they are kept for totals and stages, which meetings look at.
reportable as (

    select
        {% for column in figure %}
        current_values.{{ column }},
        {% endfor %}
        {{ as_of() }} as reported_as_of,
        periods.is_complete,
        current_values.numerator,
        current_values.denominator,
        current_values.value,
        metrics.version as metric_version
    from current_values
    inner join periods
        on
            current_values.period_grain = periods.period_grain
            and current_values.period_start = periods.period_start
    inner join metrics
        on current_values.metric_id = metrics.metric_id
    where
        periods.is_complete
        or current_values.dimension_name in ('total', 'stage')

),

first_published as (

    select reportable.*
    from reportable
    left join reported
        on
            (
                reportable.reported_as_of = reported.reported_as_of
                or (reportable.is_complete and reported.is_complete)
            )
            {% for column in figure %}
            and reportable.{{ column }} = reported.{{ column }}
            {% endfor %}
    where reported.metric_id is null

),

final as (

    select
        {{ columns | join(',\n        ') }}
    from reported
    union all
    select
        {{ columns | join(',\n        ') }}
    from first_published

)

select * from final
