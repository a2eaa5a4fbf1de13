with

criteria as (

    select * from {{ ref('stg_workspace__scoring_criteria') }}

),

versions as (

    select
        model_name,
        model_version,
        min(valid_from) as valid_from_date,
        min(valid_to) as stated_valid_to_date
    from criteria
    group by model_name, model_version

),

followed_versions as (

    select
        *,
        lead(valid_from_date) over (
            partition by model_name
            order by valid_from_date, model_version
        ) as next_valid_from_date
    from versions

),

-- A version holds until the day that it states, and never beside the next one.
bounded_versions as (

    select
        model_name,
        model_version,
        valid_from_date,
        case
            when stated_valid_to_date <= next_valid_from_date
                then stated_valid_to_date
            else coalesce(next_valid_from_date, stated_valid_to_date)
        end as valid_to_date
    from followed_versions

),

-- The model whose fit criteria say which profiles are wanted: the newest that holds.
profile_models as (

    select
        model_name,
        model_version,
        row_number() over (
            order by valid_from_date desc, model_version desc, model_name asc
        ) as model_choice
    from bounded_versions
    where
        valid_from_date <= {{ as_of() }}
        and coalesce(valid_to_date > {{ as_of() }}, true)

),

ranked_criteria as (

    select
        *,
        row_number() over (
            partition by model_name, model_version
            order by max_points desc, criterion_code asc
        ) as criterion_rank
    from criteria

),

final as (

    select
        ranked_criteria.model_name,
        cast(ranked_criteria.model_version as bigint) as model_version,
        ranked_criteria.criterion_code,
        ranked_criteria.criterion_group,
        ranked_criteria.label_en,
        ranked_criteria.label_fr,
        ranked_criteria.evidence_field,
        cast(ranked_criteria.max_points as decimal(18, 4)) as max_points,
        ranked_criteria.half_life_days,
        ranked_criteria.half_life_days is not null as is_behaviour,
        ranked_criteria.is_target_date,
        -- The heaviest criterion has the lowest bit.
        cast(power(2, ranked_criteria.criterion_rank - 1) as bigint) as criterion_bit,
        bounded_versions.valid_from_date,
        bounded_versions.valid_to_date,
        {{ start_of_day('bounded_versions.valid_from_date') }} as valid_from_at,
        {{ start_of_day('bounded_versions.valid_to_date') }} as valid_to_at,
        coalesce(profile_models.model_choice = 1, false) as is_profile_model
    from ranked_criteria
    inner join bounded_versions
        on
            ranked_criteria.model_name = bounded_versions.model_name
            and ranked_criteria.model_version = bounded_versions.model_version
    left join profile_models
        on
            ranked_criteria.model_name = profile_models.model_name
            and ranked_criteria.model_version = profile_models.model_version
    where bounded_versions.valid_from_date <= {{ as_of() }}

)

select * from final
