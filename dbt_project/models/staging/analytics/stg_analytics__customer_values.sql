with

source as (

    select * from {{ source('raw_analytics', 'customer_values') }}

),

renamed as (

    select
        -- ids
        customer_id,
        -- strings
        model_status,
        -- numbers
        p_alive,
        expected_purchases_12m,
        expected_average_amount,
        predicted_ltv_12m

    from source

)

select * from renamed
