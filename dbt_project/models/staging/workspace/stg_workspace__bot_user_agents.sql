with

source as (

    select * from {{ source('raw_workspace', 'bot_user_agents') }}

),

renamed as (

    select user_agent_pattern
    from source

)

select * from renamed
