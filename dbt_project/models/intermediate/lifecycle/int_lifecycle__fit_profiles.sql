{#- Entity and column of the evidence, whether it is a number. -#}
{% set evidence = [
    ('companies', 'count_employees', true),
    ('companies', 'revenue_amount', true),
    ('companies', 'sector', false),
    ('companies', 'region_name', false),
    ('companies', 'country_code', false),
    ('persons', 'job_function', false),
    ('persons', 'seniority', false),
] %}
with

profiles as (

    select * from {{ ref('int_identity__profiles') }}

),

companies as (

    select * from {{ ref('int_identity__company_profiles') }}

),

criteria as (

    select * from {{ ref('stg_workspace__scoring_criteria') }}
    where criterion_group = 'fit' and valid_from <= {{ as_of() }}

),

bands as (

    select * from {{ ref('stg_workspace__scoring_bands') }}

),

-- The scoring model that holds on the as-of day.
models as (

    select distinct
        model_name,
        model_version,
        valid_from
    from criteria

),

current_models as (

    select
        model_name,
        model_version,
        row_number() over (
            order by valid_from desc, model_version desc, model_name asc
        ) as model_choice
    from models

),

described as (

    select
        profiles.person_id,
        profiles.job_function,
        profiles.seniority,
        companies.count_employees,
        companies.revenue_amount,
        companies.sector,
        companies.region_name,
        companies.country_code
    from profiles
    left join companies
        on profiles.company_id = companies.company_id

),

facts as (

    {% for entity, column, is_number in evidence %}
    select
        person_id,
        '{{ entity }}.{{ column }}' as evidence_field,
        cast({{ 'null' if is_number else column }} as string) as text_value,
        cast({{ column if is_number else 'null' }} as double) as number_value
    from described
    where {{ column }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

known as (

    select
        facts.person_id,
        facts.text_value,
        facts.number_value,
        criteria.model_name,
        criteria.model_version,
        criteria.criterion_code,
        criteria.max_points
    from facts
    inner join criteria
        on facts.evidence_field = criteria.evidence_field
    inner join current_models
        on
            criteria.model_name = current_models.model_name
            and criteria.model_version = current_models.model_version
            and current_models.model_choice = 1

),

-- A band that names the value goes before one that spans it, and both before the band
-- for all others.
matches as (

    select
        known.person_id,
        known.criterion_code,
        known.max_points,
        bands.points,
        row_number() over (
            partition by known.person_id, known.criterion_code
            order by
                case
                    when bands.match_value = known.text_value then 1
                    when bands.match_value is null then 2
                    else 3
                end,
                bands.points desc
        ) as band_choice
    from known
    left join bands
        on
            known.model_name = bands.model_name
            and known.model_version = bands.model_version
            and known.criterion_code = bands.criterion_code
            and (
                bands.match_value in (known.text_value, '*')
                or (
                    bands.match_value is null
                    and known.number_value >= coalesce(bands.lower_bound, -1e300)
                    and known.number_value < coalesce(bands.upper_bound, 1e300)
                )
            )

),

final as (

    select
        person_id,
        sum(coalesce(points, 0)) as fit_points,
        sum(max_points) as known_fit_points,
        -- A tiny margin: the points are added as fractions.
        sum(coalesce(points, 0)) + 0.000001
        >= sum(max_points) * {{ var('wanted_profile_share') }} as is_wanted_profile
    from matches
    where band_choice = 1
    group by person_id

)

select * from final
