with

days as (

    select * from {{ ref('int_lifecycle__days') }}

),

final as (

    select
        date_day,
        iso_week_start_date,
        month_start_date,
        quarter_start_date,
        fiscal_year_start_date,
        is_working_day,
        holiday_name
    from days

)

select * from final
