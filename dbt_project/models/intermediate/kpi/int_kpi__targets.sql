with

targets as (

    select * from {{ ref('stg_workspace__targets') }}

),

stages as (

    select * from {{ ref('dim_stages') }}

),

metrics as (

    select * from {{ ref('int_kpi__metrics') }}

),

-- The version that held at the end of its month: changing a target later rewrites no
-- past gap.
versions as (

    select
        metric_id,
        stage_name,
        target_month,
        target_value,
        target_high,
        row_number() over (
            partition by metric_id, stage_name, target_month
            order by valid_from desc
        ) as version_rank
    from targets
    where
        valid_from < {{ add_months('target_month', 1) }}
        and valid_from <= {{ as_of() }}

),

monthly as (

    select
        versions.metric_id,
        metrics.metric_kind,
        case when versions.stage_name = 'all' then 'total' else 'stage' end
            as dimension_name,
        case when versions.stage_name = 'all' then 'all' else stages.stage_id end
            as dimension_value,
        versions.target_month,
        versions.target_value,
        versions.target_high
    from versions
    inner join metrics
        on versions.metric_id = metrics.metric_id
    left join stages
        on versions.stage_name = stages.stage_name
    where
        versions.version_rank = 1
        and (versions.stage_name = 'all' or stages.stage_id is not null)

),

-- A sum over a part of the months is no target of the whole.
summed as (

    {% for grain, months in [('quarter', 3), ('fiscal_year', 12)] %}
    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'target_month') }} as period_start,
        metric_id,
        dimension_name,
        dimension_value,
        sum(target_value) as target,
        case
            when count(target_high) > 0
                then sum(coalesce(target_high, target_value))
        end as target_high
    from monthly
    where metric_kind in ('count', 'amount')
    group by
        {{ period_start(grain, 'target_month') }},
        metric_id,
        dimension_name,
        dimension_value
    having count(*) = {{ months }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        'month' as period_grain,
        target_month as period_start,
        metric_id,
        dimension_name,
        dimension_value,
        target_value as target,
        target_high
    from monthly
    union all
    select * from summed

)

select * from final
