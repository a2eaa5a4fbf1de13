with

first_facts as (

    select min(session_date) as first_date
    from {{ ref('int_web__sessions') }}
    union all
    select min(event_date) as first_date
    from {{ ref('int_email__events') }}
    union all
    select min({{ business_date('created_at') }}) as first_date
    from {{ ref('int_identity__profiles') }}
    union all
    select min({{ business_date('occurred_at') }}) as first_date
    from {{ ref('int_lifecycle__activities') }}
    union all
    select min({{ business_date('created_at') }}) as first_date
    from {{ ref('int_deals__current') }}
    union all
    select min({{ business_date('closed_at') }}) as first_date
    from {{ ref('int_deals__current') }}
    union all
    select min({{ business_date('ordered_at') }}) as first_date
    from {{ ref('int_orders__current') }}
    union all
    select min(exposure_date) as first_date
    from {{ ref('int_audiences__encounters') }}

),

final as (

    -- Thirteen months, so that the first month has a month and a year to be compared
    -- with.
    select
        {{ add_months(
            period_start('month', 'coalesce(min(first_date), ' ~ as_of() ~ ')'), -13
        ) }} as first_date,
        {{ add_days(as_of(), 400) }} as last_date
    from first_facts

)

select * from final
