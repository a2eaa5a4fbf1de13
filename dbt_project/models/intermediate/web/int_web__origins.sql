with

sessions as (

    select * from {{ ref('int_web__sessions') }}

),

channel_rules as (

    select * from {{ ref('stg_workspace__channel_rules') }}

),

origins as (

    select
        origin_id,
        lower(min(utm_source)) as utm_source,
        lower(min(utm_medium)) as utm_medium,
        lower(min(utm_campaign)) as utm_campaign,
        min(referrer_host) as referrer_host,
        min(has_click_id) as has_click_id
    from sessions
    group by origin_id

),

-- A condition that a rule leaves empty holds; one on a value that is missing does not.
rules_that_hold as (

    select
        origins.origin_id,
        channel_rules.channel_name,
        row_number() over (
            partition by origins.origin_id
            order by channel_rules.rule_order
        ) as rule_choice
    from origins
    inner join channel_rules
        on
            channel_rules.lead_source_pattern is null
            and (
                channel_rules.source_pattern is null
                or {{ matches('origins.utm_source', 'channel_rules.source_pattern') }}
            )
            and (
                channel_rules.medium_pattern is null
                or {{ matches('origins.utm_medium', 'channel_rules.medium_pattern') }}
            )
            and (
                channel_rules.campaign_pattern is null
                or {{ matches(
                    'origins.utm_campaign', 'channel_rules.campaign_pattern'
                ) }}
            )
            and (
                channel_rules.referrer_pattern is null
                or {{ matches(
                    'origins.referrer_host', 'channel_rules.referrer_pattern'
                ) }}
            )
            and (
                channel_rules.has_click_id is null
                or origins.has_click_id = channel_rules.has_click_id
            )

),

final as (

    select
        origins.origin_id,
        case
            when rules_that_hold.channel_name is not null
                then rules_that_hold.channel_name
            when
                origins.utm_source is null
                and origins.utm_medium is null
                and origins.utm_campaign is null
                and origins.referrer_host is null
                and not origins.has_click_id
                then 'Direct'
            else 'Unassigned'
        end as channel_name
    from origins
    left join rules_that_hold
        on
            origins.origin_id = rules_that_hold.origin_id
            and rules_that_hold.rule_choice = 1

)

select * from final
