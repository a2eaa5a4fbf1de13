with

source as (

    select * from {{ source('raw_workspace', 'discovery_questions') }}

),

renamed as (

    select
        -- strings
        question_code,
        section_code,
        label_en,
        label_fr,
        -- numbers
        weight,
        -- booleans
        is_script_question

    from source

)

select * from renamed
