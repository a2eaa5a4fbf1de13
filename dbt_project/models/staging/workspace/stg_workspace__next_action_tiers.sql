with

source as (

    select * from {{ source('raw_workspace', 'next_action_tiers') }}

),

renamed as (

    select
        -- strings
        tier_code,
        situation,
        label_en,
        label_fr,
        -- numbers
        minimum_score,
        delay_business_hours,
        delay_working_days,
        priority

    from source

)

select * from renamed
