{%- set lookback_seconds = 90 * 86400 -%}

with

cycles as (

    select * from {{ ref('int_lifecycle__cycles') }}

),

touches as (

    select * from {{ ref('int_lifecycle__touches') }}

),

profiles as (

    select * from {{ ref('int_identity__profiles') }}

),

stated_channels as (

    select * from {{ ref('int_lifecycle__stated_channels') }}

),

-- The last touch with an origin; a direct visit only where there is no other.
choices as (

    select
        cycles.lead_cycle_id,
        touches.channel_name,
        touches.audience_type,
        touches.campaign_name,
        touches.content_name,
        touches.has_origin,
        row_number() over (
            partition by cycles.lead_cycle_id
            order by
                case when touches.has_origin then 0 else 1 end asc,
                touches.touched_at desc,
                touches.touch_id asc
        ) as touch_choice
    from cycles
    inner join touches
        on
            cycles.person_id = touches.person_id
            and cycles.opened_at >= touches.touched_at
            and {{ add_seconds('cycles.opened_at', -lookback_seconds) }}
            <= touches.touched_at

),

-- What the salesperson states goes before a visit that says nothing of its origin; then
-- the audience is that of the statement.
final as (

    select
        cycles.lead_cycle_id,
        case
            when choices.has_origin then choices.channel_name
            else
                coalesce(
                    stated_channels.channel_name, choices.channel_name, 'Unassigned'
                )
        end as acquisition_channel_name,
        case
            when choices.has_origin then choices.audience_type
            else
                coalesce(stated_channels.audience_type, choices.audience_type, 'other')
        end as acquisition_audience_type,
        case when choices.has_origin then choices.campaign_name end
            as acquisition_campaign_name,
        case when choices.has_origin then choices.content_name end
            as acquisition_content_name
    from cycles
    inner join profiles
        on cycles.person_id = profiles.person_id
    left join stated_channels
        on profiles.lead_source = stated_channels.lead_source
    left join choices
        on
            cycles.lead_cycle_id = choices.lead_cycle_id
            and choices.touch_choice = 1

)

select * from final
