{#- A percentile of fewer exits says nothing. -#}
{% set fewest_exits = 30 %}
with

visits as (

    select * from {{ ref('int_deals__visits') }}

),

deals as (

    select * from {{ ref('int_deals__current') }}
    where not_reportable_reason is null

),

durations as (

    select
        visits.stage_id,
        {{ seconds_between('visits.entered_at', 'visits.exited_at') }}
            as duration_seconds
    from visits
    inner join deals
        on visits.deal_id = deals.deal_id
    where not visits.is_open

),

final as (

    select
        stage_id,
        count(duration_seconds) as count_exits,
        case
            when count(duration_seconds) >= {{ fewest_exits }}
                then round({{ percentile('duration_seconds', 0.95) }}, 3)
        end as stalled_after_seconds
    from durations
    group by stage_id

)

select * from final
