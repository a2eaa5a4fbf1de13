with

marketing_values as (

    select * from {{ ref('int_kpi__daily_marketing_values') }}

),

identity_values as (

    select * from {{ ref('int_kpi__daily_identity_values') }}

),

order_values as (

    select * from {{ ref('int_kpi__daily_order_values') }}

),

loyalty_values as (

    select * from {{ ref('int_kpi__daily_loyalty_values') }}

),

sales_values as (

    select * from {{ ref('int_kpi__daily_sales_values') }}

),

compliance_values as (

    select * from {{ ref('int_kpi__daily_compliance_values') }}

),

activity_values as (

    select * from {{ ref('int_kpi__daily_activity_values') }}

),

unioned as (

    select * from marketing_values
    union all
    select * from order_values
    union all
    select * from loyalty_values
    union all
    select * from sales_values
    union all
    select * from identity_values
    union all
    select * from compliance_values
    union all
    select * from activity_values

),

final as (

    select
        metric_id,
        event_date,
        dimension_name,
        dimension_value,
        cast(sum(numerator) as decimal(18, 4)) as numerator,
        cast(sum(denominator) as decimal(18, 4)) as denominator,
        cast(sum(sum_of_squares) as decimal(38, 8)) as sum_of_squares
    from unioned
    group by metric_id, event_date, dimension_name, dimension_value

)

select * from final
