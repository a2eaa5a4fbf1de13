{%- set stream = 'person_id, model_name, model_version, criterion_code' -%}
{%- set end_of_time = "timestamp '9999-12-31 00:00:00'" -%}
with

readings as (

    select * from {{ ref('int_scoring__readings') }}

),

bands as (

    select * from {{ ref('stg_workspace__scoring_bands') }}

),

-- The one place where evidence becomes points. A band that names the value goes before
-- one that spans it, and both before the band for all others; outside every band a
-- known value has no point.
pointed as (

    select
        readings.*,
        cast(
            coalesce(named_bands.points, span_bands.points, other_bands.points, 0)
            as decimal(18, 4)
        ) as points,
        coalesce(
            readings.shown_value, named_bands.match_value, other_bands.match_value
        ) as band_value
    from readings
    left join bands as named_bands
        on
            readings.model_name = named_bands.model_name
            and readings.model_version = named_bands.model_version
            and readings.criterion_code = named_bands.criterion_code
            and readings.text_value = named_bands.match_value
    left join bands as span_bands
        on
            readings.model_name = span_bands.model_name
            and readings.model_version = span_bands.model_version
            and readings.criterion_code = span_bands.criterion_code
            and span_bands.match_value is null
            and readings.number_value >= coalesce(span_bands.lower_bound, -1e300)
            and readings.number_value < coalesce(span_bands.upper_bound, 1e300)
    left join bands as other_bands
        on
            readings.model_name = other_bands.model_name
            and readings.model_version = other_bands.model_version
            and readings.criterion_code = other_bands.criterion_code
            and other_bands.match_value = '*'

),

-- What was delivered again without a change, and acts that change no points, are one
-- contribution.
compared as (

    select
        *,
        case
            when
                lag(valid_to_at) over (
                    partition by {{ stream }}
                    order by valid_from_at
                ) = valid_from_at
                and lag(points) over (
                    partition by {{ stream }}
                    order by valid_from_at
                ) = points
                and (
                    is_behaviour
                    or lag(coalesce(band_value, '')) over (
                        partition by {{ stream }}
                        order by valid_from_at
                    ) = coalesce(band_value, '')
                )
                then 0
            else 1
        end as is_change
    from pointed

),

numbered as (

    select
        *,
        sum(is_change) over (
            partition by {{ stream }}
            order by valid_from_at
            rows between unbounded preceding and current row
        ) as change_number
    from compared

),

final as (

    select
        {{ stream }},
        criterion_group,
        max_points,
        criterion_bit,
        is_profile_model,
        points,
        min(valid_from_at) as valid_from_at,
        nullif(max(coalesce(valid_to_at, {{ end_of_time }})), {{ end_of_time }})
            as valid_to_at,
        max(case when is_change = 1 then band_value end) as evidence_value,
        max(case when is_change = 1 then evidence_id end) as evidence_id,
        max(case when is_change = 1 then recorded_at end) as recorded_at
    from numbered
    group by
        {{ stream }},
        criterion_group,
        max_points,
        criterion_bit,
        is_profile_model,
        points,
        change_number

)

select * from final
