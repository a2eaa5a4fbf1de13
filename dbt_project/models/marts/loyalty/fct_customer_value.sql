with

histories as (

    select * from {{ ref('int_customers__histories') }}

),

expectations as (

    select * from {{ ref('int_customers__expectations') }}

),

final as (

    select
        histories.customer_id,
        histories.customer_kind,
        histories.cohort_month,
        histories.first_order_date,
        histories.last_order_date,
        {{ business_date('histories.second_ordered_at') }} as second_order_date,
        histories.count_orders,
        histories.count_cancelled_orders,
        histories.count_orders_without_amount,
        histories.amount_net,
        histories.amount_gross,
        histories.ltv_12m,
        histories.ltv_24m,
        histories.ltv_36m,
        histories.has_repurchased_12m,
        histories.is_active_12m,
        histories.count_product_families_12m,
        histories.count_repeat_days,
        histories.recency_days,
        histories.age_days,
        expectations.model_status,
        expectations.p_alive,
        expectations.expected_purchases_12m,
        expectations.expected_average_amount,
        expectations.predicted_ltv_12m
    from histories
    inner join expectations
        on histories.customer_id = expectations.customer_id

)

select * from final
