with

source as (

    select * from {{ source('raw_workspace', 'channel_rules') }}

),

renamed as (

    select
        -- strings
        channel_name,
        source_pattern,
        medium_pattern,
        campaign_pattern,
        referrer_pattern,
        lead_source_pattern,
        -- numbers
        rule_order,
        -- booleans
        has_click_id

    from source

)

select * from renamed
