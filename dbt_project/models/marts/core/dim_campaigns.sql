with

campaigns as (

    select * from {{ ref('int_audiences__campaigns') }}

),

final as (

    select
        campaign_id,
        campaign_name,
        channel_name,
        first_seen_date
    from campaigns

)

select * from final
