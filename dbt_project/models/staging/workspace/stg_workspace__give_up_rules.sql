with

source as (

    select * from {{ source('raw_workspace', 'give_up_rules') }}

),

renamed as (

    select
        -- ids
        rule_order,
        -- strings
        rule_code,
        condition_kind,
        condition_value,
        label_en,
        label_fr,
        -- numbers
        condition_number

    from source

)

select * from renamed
