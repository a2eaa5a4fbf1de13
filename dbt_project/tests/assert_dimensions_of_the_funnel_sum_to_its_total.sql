-- Whoever takes a step of the funnel of leads or deals has one channel, one campaign,
-- one owner and one region, named or not: each division sums to the total. An audience
-- may be of two kinds, and a crowd that is only counted has no total.
{{ config(meta={'dagster': {'ref': {'name': 'kpi_funnel'}}}) }}

{% set key = ['funnel_name', 'cohort_month', 'step_number', 'basis'] %}
with

steps as (

    select * from {{ ref('kpi_funnel') }}
    where funnel_name <> 'audience'

),

-- The total counts for, its parts against: what is left over is a difference.
differences as (

    {% for dimension in ['channel', 'campaign', 'owner', 'region'] %}
    select
        '{{ dimension }}' as divided_by,
        {{ key | join(',\n        ') }},
        case
            when dimension_name = 'total' then count_entered else -count_entered
        end as difference
    from steps
    where dimension_name in ('total', '{{ dimension }}')
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    divided_by,
    {{ key | join(',\n    ') }}
from differences
group by divided_by, {{ key | join(', ') }}
having sum(difference) <> 0
