with

profiles as (

    select * from {{ ref('int_identity__profiles') }}

),

channel_rules as (

    select * from {{ ref('stg_workspace__channel_rules') }}

),

stated_sources as (

    select distinct lead_source
    from profiles
    where lead_source is not null

),

rules_that_hold as (

    select
        stated_sources.lead_source,
        channel_rules.channel_name,
        row_number() over (
            partition by stated_sources.lead_source
            order by channel_rules.rule_order
        ) as rule_choice
    from stated_sources
    inner join channel_rules
        on {{ matches(
            'lower(trim(stated_sources.lead_source))',
            'channel_rules.lead_source_pattern'
        ) }}

),

-- A recommendation is no visit. Who is said to have come by the site is one of its
-- visitors only where a visit is known: nobody counted the others.
final as (

    select
        lead_source,
        channel_name,
        case
            when channel_name = 'Referral' then 'other'
            else {{ audience_of_channel('channel_name') }}
        end as audience_type
    from rules_that_hold
    where rule_choice = 1

)

select * from final
