with

source as (

    select * from {{ source('raw_workspace', 'committee_roles') }}

),

renamed as (

    select
        -- ids
        rule_order,
        -- strings
        job_function,
        seniority,
        committee_role

    from source

)

select * from renamed
