with

date_bounds as (

    select * from {{ ref('int_lifecycle__date_bounds') }}

),

holidays as (

    select * from {{ ref('stg_workspace__holidays') }}

),

days as (

    {{ date_spine_rows(
        '(select first_date from date_bounds)', '(select last_date from date_bounds)'
    ) }}

),

final as (

    select
        days.date_day,
        {{ period_start('week', 'days.date_day') }} as iso_week_start_date,
        {{ period_start('month', 'days.date_day') }} as month_start_date,
        {{ period_start('quarter', 'days.date_day') }} as quarter_start_date,
        {{ period_start('fiscal_year', 'days.date_day') }} as fiscal_year_start_date,
        {{ iso_weekday('days.date_day') }} <= 5
        and holidays.holiday_date is null as is_working_day,
        holidays.holiday_name
    from days
    left join holidays
        on days.date_day = holidays.holiday_date

)

select * from final
