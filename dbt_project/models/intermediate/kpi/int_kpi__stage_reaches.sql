with

reaches as (

    select * from {{ ref('int_deals__reaches') }}
    where stage_type = 'open'

),

deals as (

    select * from {{ ref('fct_deals') }}
    where is_reportable

),

final as (

    select
        reaches.deal_id,
        reaches.stage_id,
        reaches.first_reached_at,
        {{ business_date('reaches.first_reached_at') }} as first_reached_date,
        reaches.next_reached_at,
        {{ business_date('reaches.next_reached_at') }} as next_reached_date,
        case when deals.deal_status = 'lost' then deals.closed_at end as lost_at
    from reaches
    inner join deals
        on reaches.deal_id = deals.deal_id

)

select * from final
