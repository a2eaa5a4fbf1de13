{%- set lookback_seconds = var('attribution_lookback_days') * 86400 -%}
{%- set conversion = 'conversion_type, conversion_id' -%}

with

customer_touches as (

    select * from {{ ref('int_attribution__customer_touches') }}

),

conversions as (

    {% for type, relation, id, happened, date, cancelled, amount in [
        ('mql', 'fct_mqls', 'lead_cycle_id', 'mql_at', 'mql_date', 'null', 'null'),
        ('sql', 'fct_sqls', 'lead_cycle_id', 'sql_at', 'sql_date', 'null', 'null'),
        (
            'order', 'fct_orders', 'order_id', 'ordered_at', 'order_date',
            'cancelled_date', 'amount_base'
        ),
    ] %}
    select
        '{{ type }}' as conversion_type,
        {{ id }} as conversion_id,
        company_id,
        person_id,
        {{ happened }} as converted_at,
        {{ date }} as conversion_date,
        cast({{ cancelled }} as date) as cancelled_date,
        cast({{ amount }} as decimal(18, 4)) as amount_base
    from {{ ref(relation) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- A buyer who is no contact of the company yet counts too, and no touch twice.
conversion_keys as (

    select
        {{ conversion }},
        company_id as customer_id
    from conversions
    where company_id is not null
    union
    select
        {{ conversion }},
        person_id as customer_id
    from conversions
    where person_id is not null

),

conversion_touches as (

    select distinct
        conversions.conversion_type,
        conversions.conversion_id,
        customer_touches.person_id,
        customer_touches.touch_type,
        customer_touches.touch_id,
        customer_touches.touched_at,
        customer_touches.channel_name,
        customer_touches.campaign_name,
        customer_touches.content_name,
        customer_touches.has_origin
    from conversions
    inner join conversion_keys
        on
            conversions.conversion_type = conversion_keys.conversion_type
            and conversions.conversion_id = conversion_keys.conversion_id
    inner join customer_touches
        on
            conversion_keys.customer_id = customer_touches.customer_id
            and conversions.converted_at >= customer_touches.touched_at
            and conversions.converted_at
            <= {{ add_seconds('customer_touches.touched_at', lookback_seconds) }}

),

-- A conversion without a touch keeps one row, which every model gives all of it.
ranked_touches as (

    select
        conversions.*,
        conversion_touches.person_id as touched_person_id,
        conversion_touches.touch_type,
        conversion_touches.touch_id,
        conversion_touches.touched_at,
        conversion_touches.channel_name,
        conversion_touches.campaign_name,
        conversion_touches.content_name,
        row_number() over (
            partition by conversions.conversion_type, conversions.conversion_id
            order by
                conversion_touches.touched_at asc,
                conversion_touches.touch_type asc,
                conversion_touches.touch_id asc
        ) as touch_number,
        row_number() over (
            partition by conversions.conversion_type, conversions.conversion_id
            order by
                case when conversion_touches.has_origin then 0 else 1 end asc,
                conversion_touches.touched_at desc,
                conversion_touches.touch_type desc,
                conversion_touches.touch_id desc
        ) as last_non_direct_number,
        count(*) over (
            partition by conversions.conversion_type, conversions.conversion_id
        ) as count_touches,
        max(conversion_touches.touched_at) over (
            partition by conversions.conversion_type, conversions.conversion_id
        ) as last_touched_at
    from conversions
    left join conversion_touches
        on
            conversions.conversion_type = conversion_touches.conversion_type
            and conversions.conversion_id = conversion_touches.conversion_id

),

-- Weights are whole numbers, so that their sum does not depend on an order: 40-20-40 of
-- n touches is 2 (n - 2), then 1 for each in between, then 2 (n - 2).
weighted_touches as (

    {% for model_name, weight in [
        ('first_touch', 'case when touch_number = 1 then 1 else 0 end'),
        ('last_non_direct', 'case when last_non_direct_number = 1 then 1 else 0 end'),
        ('linear', '1'),
        (
            'position_based',
            'case when count_touches > 2 and touch_number in (1, count_touches) '
            ~ 'then 2 * (count_touches - 2) else 1 end'
        ),
        (
            'time_decay',
            'coalesce(round(1000000000 * power(cast(0.5 as double), cast('
            ~ seconds_between('touched_at', 'last_touched_at')
            ~ ' as double) / cast(' ~ var('attribution_half_life_days')
            ~ ' * 86400 as double))), 1)'
        ),
    ] %}
    select
        *,
        '{{ model_name }}' as model_name,
        cast({{ weight }} as bigint) as weight
    from ranked_touches
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

shared_weights as (

    select
        *,
        cast(
            sum(weight) over (partition by {{ conversion }}, model_name) as double
        ) as total_weight,
        cast(
            sum(weight) over (
                partition by {{ conversion }}, model_name
                order by touch_number
                rows between unbounded preceding and current row
            ) as double
        ) as weight_to_here
    from weighted_touches
    where weight > 0

),

-- Amounts are shared in ten-thousandths: each touch has what the touches up to it have
-- less what those before it have, so that nothing is lost to rounding.
shared_amounts as (

    select
        *,
        cast(weight as double) / total_weight as credit,
        floor(
            round(cast(amount_base as double) * 10000)
            * (weight_to_here / total_weight)
        )
        - floor(
            round(cast(amount_base as double) * 10000)
            * ((weight_to_here - weight) / total_weight)
        ) as credited_ten_thousandths
    from shared_weights

),

final as (

    select
        {{ surrogate_key([
            'conversion_type', 'conversion_id', 'model_name', 'touch_type', 'touch_id',
        ]) }} as attribution_credit_id,
        conversion_type,
        conversion_id,
        model_name,
        company_id,
        person_id,
        converted_at,
        conversion_date,
        cancelled_date,
        touch_type,
        touch_id,
        touched_person_id,
        touched_at,
        coalesce(channel_name, 'Unassigned') as channel_name,
        campaign_name,
        content_name,
        credit,
        cast(
            cast(credited_ten_thousandths as decimal(18, 0))
            * cast(0.0001 as decimal(4, 4)) as decimal(18, 4)
        ) as credited_amount_base
    from shared_amounts

)

select * from final
