with

reaches as (

    select
        *,
        lead(first_held_at) over (
            partition by deal_id, pipeline_name
            order by stage_rank
        ) as next_held_at,
        lead(all_held_at) over (
            partition by deal_id, pipeline_name
            order by stage_rank
        ) as next_all_held_at
    from {{ ref('int_deals__reaches') }}

),

deals as (

    select * from {{ ref('fct_deals') }}
    where is_reportable

),

exchange_rates as (

    select * from {{ ref('int_orders__exchange_rate_periods') }}

),

dated as (

    select
        reaches.*,
        {{ business_date('reaches.first_reached_at') }} as first_reached_date,
        deals.currency_code,
        case when deals.deal_status = 'lost' then deals.closed_at end as lost_at,
        deals.closed_at
    from reaches
    inner join deals
        on reaches.deal_id = deals.deal_id
    where reaches.stage_type = 'open'

),

final as (

    select
        dated.deal_id,
        dated.stage_id,
        dated.first_reached_at,
        dated.first_reached_date,
        dated.next_reached_at,
        {{ business_date('dated.next_reached_at') }} as next_reached_date,
        {{ amount_in_base(
            'dated.amount_at_reach', 'dated.currency_code', 'exchange_rates.rate_to_base'
        ) }} as amount_at_reach_base,
        dated.first_held_at,
        dated.next_held_at,
        dated.all_held_at,
        dated.next_all_held_at,
        dated.lost_at,
        dated.closed_at
    from dated
    left join exchange_rates
        on
            dated.currency_code = exchange_rates.currency_code
            and dated.first_reached_date >= exchange_rates.valid_from_date
            and dated.first_reached_date < exchange_rates.valid_to_date

)

select * from final
