with

companies as (

    select * from {{ ref('stg_files__companies') }}

),

jumps_0 as (

    select
        company_id as source_company_id,
        coalesce(merged_into_company_id, company_id) as survivor_id
    from companies
    where coalesce(created_at < {{ end_of_as_of() }}, true)

),

-- Each round doubles the length of the chains that are followed: five rounds reach 32
-- merges.
{%- for jump in range(1, 6) %}

jumps_{{ jump }} as (

    select
        jumps.source_company_id,
        coalesce(next_jumps.survivor_id, jumps.survivor_id) as survivor_id
    from jumps_{{ jump - 1 }} as jumps
    left join jumps_{{ jump - 1 }} as next_jumps
        on jumps.survivor_id = next_jumps.source_company_id

),
{%- endfor %}

final as (

    select
        jumps.source_company_id,
        case
            -- Records that are merged into each other in a circle have no survivor:
            -- each one stays itself.
            when survivors.survivor_id <> jumps.survivor_id then jumps.source_company_id
            else jumps.survivor_id
        end as survivor_id
    from jumps_5 as jumps
    left join jumps_0 as survivors
        on jumps.survivor_id = survivors.source_company_id

)

select * from final
