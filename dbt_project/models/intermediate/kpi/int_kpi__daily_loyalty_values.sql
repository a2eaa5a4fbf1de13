with

customers as (

    select
        *,
        {{ add_months('first_order_date', 12) }} as first_year_end_date
    from {{ ref('fct_customer_value') }}
    where ltv_12m is not null

),

recommendations as (

    select
        {{ business_date('occurred_at') }} as event_date,
        case
            when lower(network_name) in {{ text_list(var('referral_networks')) }}
                then 'referrals_count'
            else 'recommendations_count'
        end as metric_id,
        coalesce(network_name, 'unknown') as network_name,
        coalesce(count_recommendations, 1) as count_recommendations
    from {{ ref('stg_files__recommendations') }}
    where
        not is_deleted
        and occurred_at < {{ end_of_as_of() }}
        and recorded_at < {{ end_of_as_of() }}

),

-- A customer counts on the day on which the first year is over.
final as (

    select
        'repurchase_rate' as metric_id,
        first_year_end_date as event_date,
        'total' as dimension_name,
        'all' as dimension_value,
        cast(sum(case when has_repurchased_12m then 1 else 0 end) as decimal(18, 4))
            as numerator,
        cast(count(*) as decimal(18, 4)) as denominator,
        cast(0 as decimal(38, 8)) as sum_of_squares
    from customers
    group by first_year_end_date
    union all
    select
        'customer_lifetime_value' as metric_id,
        first_year_end_date as event_date,
        'total' as dimension_name,
        'all' as dimension_value,
        cast(sum(ltv_12m) as decimal(18, 4)) as numerator,
        cast(count(*) as decimal(18, 4)) as denominator,
        cast(sum({{ squared('ltv_12m') }}) as decimal(38, 8)) as sum_of_squares
    from customers
    group by first_year_end_date
    {% for name, expression in [('total', "'all'"), ('network', 'network_name')] %}
    union all
    select
        metric_id,
        event_date,
        '{{ name }}' as dimension_name,
        {{ expression }} as dimension_value,
        cast(sum(count_recommendations) as decimal(18, 4)) as numerator,
        cast(0 as decimal(18, 4)) as denominator,
        cast(0 as decimal(38, 8)) as sum_of_squares
    from recommendations
    group by metric_id, event_date, {{ expression }}
    {% endfor %}

)

select * from final
