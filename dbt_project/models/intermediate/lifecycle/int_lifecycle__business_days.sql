{%- set opens = clock_seconds(var('business_day_starts')) -%}
{%- set closes = clock_seconds(var('business_day_ends')) -%}
with

days as (

    select
        date_day,
        is_working_day,
        cast(date_day as timestamp) as local_midnight
    from {{ ref('int_lifecycle__days') }}

),

hours as (

    select
        date_day,
        is_working_day,
        {{ local_to_utc(add_seconds('local_midnight', opens)) }} as opens_at,
        {{ local_to_utc(add_seconds('local_midnight', closes)) }} as closes_at
    from days

),

-- The clock may change within the business hours: their length is that of the instants.
lengths as (

    select
        date_day,
        opens_at,
        case
            when is_working_day then {{ seconds_between('opens_at', 'closes_at') }}
            else 0
        end as business_seconds
    from hours

),

final as (

    select
        date_day,
        opens_at,
        cast(business_seconds as bigint) as business_seconds,
        cast(
            coalesce(
                sum(business_seconds) over (
                    order by date_day
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) as bigint
        ) as business_seconds_before
    from lengths

)

select * from final
