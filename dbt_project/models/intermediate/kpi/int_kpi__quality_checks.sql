with

check_results as (

    select * from {{ ref('stg_quality__check_results') }}
    where outcome <> 'not_evaluated'

),

-- A night that loads nothing checks nothing: the last time that rows were looked at
-- counts.
latest as (

    select
        *,
        row_number() over (
            partition by check_id
            order by checked_at desc, run_id desc
        ) as result_number
    from check_results

),

final as (

    select
        table_name,
        count(*) as count_checks,
        cast(sum(case when outcome = 'passed' then 1 else 0 end) as bigint)
            as count_passed
    from latest
    where result_number = 1
    group by table_name

)

select * from final
