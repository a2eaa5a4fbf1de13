{% set grains = ['month', 'quarter', 'fiscal_year'] %}
with

touches as (

    select * from {{ ref('int_lifecycle__content_touches') }}

),

persons as (

    select * from {{ ref('dim_persons') }}
    where is_reportable and not is_internal

),

final as (

    {% for grain in grains %}
    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'touches.touched_date') }} as period_start,
        touches.content_id,
        touches.person_id,
        min(touches.touched_at) as entered_at
    from touches
    inner join persons
        on touches.person_id = persons.person_id
    group by
        {{ period_start(grain, 'touches.touched_date') }},
        touches.content_id,
        touches.person_id
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
