with

histories as (

    select * from {{ ref('int_customers__histories') }}

),

customer_values as (

    select * from {{ ref('stg_analytics__customer_values') }}

),

final as (

    select
        histories.customer_id,
        coalesce(customer_values.model_status, 'not_modelled') as model_status,
        customer_values.p_alive,
        customer_values.expected_purchases_12m,
        customer_values.expected_average_amount,
        customer_values.predicted_ltv_12m
    from histories
    left join customer_values
        on histories.customer_id = customer_values.customer_id

)

select * from final
