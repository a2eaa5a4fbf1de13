with

profiles as (

    select * from {{ ref('int_identity__profiles') }}

),

rules as (

    select * from {{ ref('stg_workspace__committee_roles') }}

),

-- Of somebody without function and seniority nothing is known, whatever rule matches
-- everybody.
matches as (

    select
        profiles.person_id,
        rules.committee_role,
        row_number() over (
            partition by profiles.person_id
            order by rules.rule_order
        ) as rule_choice
    from profiles
    inner join rules
        on
            lower(coalesce(rules.job_function, profiles.job_function, '-'))
            = lower(coalesce(profiles.job_function, '-'))
            and lower(coalesce(rules.seniority, profiles.seniority, '-'))
            = lower(coalesce(profiles.seniority, '-'))
    where profiles.job_function is not null or profiles.seniority is not null

),

final as (

    select
        person_id,
        committee_role
    from matches
    where rule_choice = 1

)

select * from final
