{#- Half-lives in a block: within one, powers of two stay far from the limits of a
    double, and what is two blocks old weighs nothing. -#}
{%- set block = 500 -%}
{%- set stream = 'person_id, model_name, model_version, criterion_code' -%}
with

acts as (

    select * from {{ ref('int_scoring__acts') }}

),

profiles as (

    select * from {{ ref('int_scoring__due_persons') }}

),

criteria as (

    select * from {{ ref('int_scoring__criteria') }}
    where is_behaviour

),

bounds as (

    select * from {{ ref('int_scoring__bounds') }}

),

instants as (

    select
        {{ stream }},
        half_life_days,
        known_at,
        known_half_lives,
        cast(floor(known_half_lives / {{ block }}) as bigint) as block_number,
        max(evidence_id) as evidence_id,
        sum(
            power(
                2, half_lives - {{ block }} * floor(known_half_lives / {{ block }})
            )
        ) as scaled_amount
    from acts
    group by {{ stream }}, half_life_days, known_at, known_half_lives

),

cumulated as (

    select
        *,
        sum(scaled_amount) over (
            partition by {{ stream }}, block_number
            order by known_at
            rows between unbounded preceding and current row
        ) as block_amount,
        coalesce(
            sum(scaled_amount) over (
                partition by {{ stream }}
                order by block_number
                range between 1 preceding and 1 preceding
            ),
            0
        ) as previous_block_amount,
        lead(known_at) over (partition by {{ stream }} order by known_at)
            as next_known_at
    from instants

),

amounts as (

    select
        *,
        -- Engines differ in the last digits of a power.
        round(
            (block_amount + previous_block_amount * power(2, -{{ block }}))
            * power(2, {{ block }} * block_number - known_half_lives),
            9
        ) as amount
    from cumulated

),

-- When the amount falls below a bound: the first whole second after it equals it.
falls as (

    select
        amounts.person_id,
        amounts.model_name,
        amounts.model_version,
        amounts.criterion_code,
        amounts.evidence_id,
        amounts.known_at,
        amounts.next_known_at,
        bounds.bound,
        {{ add_seconds(
            'amounts.known_at',
            'cast(floor(round(least(86400 * amounts.half_life_days'
            ~ ' * ln(amounts.amount / bounds.bound) / ln(2), 2000000000), 3)) + 1'
            ~ ' as integer)',
        ) }} as fallen_at
    from amounts
    inner join bounds
        on
            amounts.model_name = bounds.model_name
            and amounts.model_version = bounds.model_version
            and amounts.criterion_code = bounds.criterion_code
            and amounts.amount >= bounds.bound
    where bounds.bound > 0

),

-- What somebody does is observed, so nothing observed is a known nothing.
readings as (

    select
        profiles.person_id,
        criteria.model_name,
        criteria.model_version,
        criteria.criterion_code,
        cast(null as string) as evidence_id,
        cast(0 as double) as amount,
        cast(null as timestamp) as recorded_at,
        timestamp '1900-01-01 00:00:00' as valid_from_at
    from profiles
    cross join criteria
    union all
    select
        {{ stream }},
        evidence_id,
        amount,
        known_at as recorded_at,
        known_at as valid_from_at
    from amounts
    union all
    select
        {{ stream }},
        evidence_id,
        -- Just below the bound.
        bound * (1 - 1e-9) as amount,
        known_at as recorded_at,
        fallen_at as valid_from_at
    from falls
    where coalesce(fallen_at < next_known_at, true)

),

final as (

    select
        *,
        lead(valid_from_at) over (
            partition by {{ stream }}
            order by valid_from_at asc, amount desc
        ) as valid_to_at,
        valid_from_at >= {{ end_of_as_of() }} as is_to_come
    from readings

)

select * from final
