with

orders as (

    select * from {{ ref('stg_files__orders') }}

),

deals as (

    select * from {{ ref('int_deals__current') }}

),

from_orders as (

    select
        order_id,
        order_number,
        company_id,
        person_id as source_person_id,
        owner_id,
        deal_id,
        ordered_at,
        case
            when cancelled_at < {{ end_of_as_of() }} then cancelled_at
            -- Cancelled, nobody knows when: then it never counted.
            when order_status = 'cancelled' and cancelled_at is null then ordered_at
        end as cancelled_at,
        amount,
        {{ currency_or_base('currency_code') }} as currency_code
    from orders
    where
        coalesce(order_status, 'confirmed') <> 'draft'
        and not coalesce(is_deleted, false)
        and ordered_at < {{ end_of_as_of() }}
        and coalesce(recorded_at, ordered_at) < {{ end_of_as_of() }}

),

from_won_deals as (

    select
        deal_id as order_id,
        cast(null as string) as order_number,
        company_id,
        source_person_id,
        owner_id,
        deal_id,
        closed_at as ordered_at,
        cast(null as timestamp) as cancelled_at,
        amount,
        currency_code
    from deals
    where
        deal_status = 'won'
        and not_reportable_reason is null
        and closed_at is not null

),

final as (

    select * from from_orders
    where '{{ var("orders_from") }}' = 'orders'
    union all
    select * from from_won_deals
    where '{{ var("orders_from") }}' = 'won_deals'

)

select * from final
