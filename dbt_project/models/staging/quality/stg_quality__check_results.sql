with

source as (

    select * from {{ source('raw_quality', 'check_results') }}

),

renamed as (

    select
        -- ids
        run_id,
        check_id,
        -- strings
        table_name,
        column_name,
        expectation_type,
        outcome,
        -- numbers
        count_evaluated,
        count_unexpected,
        -- booleans
        is_blocking,
        -- timestamps
        checked_at

    from source

)

select * from renamed
