{% set grains = ['week', 'month', 'quarter', 'fiscal_year'] %}
with

visits as (

    select * from {{ ref('fct_stage_visits') }}
    where not is_skipped and entered_date is not null

),

deals as (

    select * from {{ ref('fct_deals') }}
    where is_reportable

),

reportable as (

    select visits.*
    from visits
    inner join deals
        on visits.deal_id = deals.deal_id

),

final as (

    {% for grain in grains %}
    select
        stage_id,
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'entered_date') }} as period_start,
        count(*) as count_visits,
        cast(
            sum(case when exit_type in ('advanced', 'won') then 1 else 0 end) as bigint
        ) as count_visits_advanced,
        cast(sum(case when exit_type = 'lost' then 1 else 0 end) as bigint)
            as count_visits_lost,
        cast(sum(case when exit_type = 'went_back' then 1 else 0 end) as bigint)
            as count_visits_went_back,
        cast(sum(case when is_open then 1 else 0 end) as bigint) as count_visits_open,
        cast(sum(case when is_stalled then 1 else 0 end) as bigint)
            as count_visits_stalled
    from reportable
    group by stage_id, {{ period_start(grain, 'entered_date') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
