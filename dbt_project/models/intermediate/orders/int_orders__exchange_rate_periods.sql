with

exchange_rates as (

    select * from {{ ref('stg_files__exchange_rates') }}

),

-- Two sources may state a rate for the same day: the first source by name counts.
one_rate_a_day as (

    select
        upper(currency_code) as currency_code,
        rate_date,
        rate_to_base,
        row_number() over (
            partition by upper(currency_code), rate_date
            order by source_name, rate_to_base
        ) as source_number
    from exchange_rates

),

final as (

    select
        currency_code,
        rate_date as valid_from_date,
        coalesce(
            lead(rate_date) over (partition by currency_code order by rate_date),
            cast('9999-12-31' as date)
        ) as valid_to_date,
        rate_to_base
    from one_rate_a_day
    where source_number = 1

)

select * from final
