with

answers as (

    select * from {{ ref('int_scoring__answers') }}
    where target_date is not null

),

criteria as (

    select * from {{ ref('int_scoring__criteria') }}
    where is_target_date

),

bounds as (

    select * from {{ ref('int_scoring__bounds') }}

),

targets as (

    select
        answers.person_id,
        criteria.model_name,
        criteria.model_version,
        criteria.criterion_code,
        answers.evidence_id,
        answers.target_date,
        answers.valid_from_at,
        answers.valid_to_at
    from answers
    inner join criteria
        on answers.evidence_field = criteria.evidence_field

),

-- The first day on which fewer days are left than the bound says.
readings as (

    select
        *,
        valid_from_at as read_at,
        cast(
            {{ days_between(business_date('valid_from_at'), 'target_date') }} as double
        ) as days_left
    from targets
    union all
    select
        targets.*,
        {{ start_of_day(
            add_days('targets.target_date', '1 - ceil(bounds.bound)')
        ) }} as read_at,
        cast(ceil(bounds.bound) - 1 as double) as days_left
    from targets
    inner join bounds
        on
            targets.model_name = bounds.model_name
            and targets.model_version = bounds.model_version
            and targets.criterion_code = bounds.criterion_code

),

final as (

    select
        person_id,
        model_name,
        model_version,
        criterion_code,
        evidence_id,
        target_date,
        days_left,
        valid_from_at as recorded_at,
        read_at as valid_from_at,
        coalesce(
            lead(read_at) over (
                partition by
                    person_id, model_name, model_version, criterion_code, valid_from_at
                order by read_at asc, days_left desc
            ),
            valid_to_at
        ) as valid_to_at,
        read_at >= {{ end_of_as_of() }} as is_to_come
    from readings
    where
        read_at >= valid_from_at
        and coalesce(read_at < valid_to_at, true)

)

select * from final
