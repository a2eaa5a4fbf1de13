with

sessions as (

    select * from {{ ref('int_web__sessions') }}

),

bot_user_agents as (

    select * from {{ ref('stg_workspace__bot_user_agents') }}

),

user_agents as (

    select distinct user_agent
    from sessions
    where user_agent is not null

),

final as (

    select distinct user_agents.user_agent
    from user_agents
    inner join bot_user_agents
        on {{ matches(
            'lower(user_agents.user_agent)', 'bot_user_agents.user_agent_pattern'
        ) }}

)

select * from final
