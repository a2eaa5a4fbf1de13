{#- Grain, function that moves a date by periods, periods in units of that function,
    one year in those units. -#}
{% set grains = [
    ('day', 'add_days', 1), ('week', 'add_days', 7), ('month', 'add_months', 1),
    ('quarter', 'add_months', 3), ('fiscal_year', 'add_months', 12)
] %}
{% set moves = {'add_days': add_days, 'add_months': add_months} %}
with

dates as (

    select
        *,
        date_day <= {{ as_of() }} as is_past
    from {{ ref('dim_dates') }}

),

periods as (

    {% for grain, move, length in grains %}
    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'date_day') }} as period_start,
        min(date_day) as first_date,
        max(date_day) as last_date,
        sum(case when is_working_day then 1 else 0 end) as count_working_days,
        sum(case when is_working_day and is_past then 1 else 0 end)
            as count_working_days_elapsed
    from dates
    group by {{ period_start(grain, 'date_day') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

with_neighbours as (

    select
        *,
        case period_grain
            {% for grain, move, length in grains %}
            when '{{ grain }}' then {{ moves[move]('period_start', -length) }}
            {% endfor %}
        end as previous_period_start,
        -- 52 weeks back, so that a week is compared with a week.
        case period_grain
            when 'week' then {{ add_days('period_start', -364) }}
            else {{ add_months('period_start', -12) }}
        end as year_ago_period_start
    from periods

),

final as (

    select
        period_grain,
        period_start,
        last_date,
        previous_period_start,
        year_ago_period_start,
        cast(count_working_days as bigint) as count_working_days,
        cast(count_working_days_elapsed as bigint) as count_working_days_elapsed,
        last_date <= {{ as_of() }} as is_complete
    from with_neighbours
    where first_date <= {{ as_of() }}

)

select * from final
