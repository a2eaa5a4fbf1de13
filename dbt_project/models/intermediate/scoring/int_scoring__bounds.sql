with

bands as (

    select * from {{ ref('stg_workspace__scoring_bands') }}

),

bounds as (

    select
        model_name,
        model_version,
        criterion_code,
        lower_bound as bound
    from bands
    where lower_bound is not null
    union
    select
        model_name,
        model_version,
        criterion_code,
        upper_bound as bound
    from bands
    where upper_bound is not null

)

select * from bounds
