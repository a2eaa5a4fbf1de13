with

changes as (

    select * from {{ ref('int_deals__changes') }}

),

-- A closing that an open stage follows is voided: the deal was reopened.
last_open_changes as (

    select
        deal_id,
        max(case when stage_type = 'open' then change_number else 0 end)
            as last_open_number
    from changes
    group by deal_id

),

standing as (

    select
        changes.*,
        row_number() over (
            partition by changes.deal_id
            order by changes.change_number desc
        ) as number_from_end
    from changes
    inner join last_open_changes
        on changes.deal_id = last_open_changes.deal_id
    where changes.change_number > last_open_changes.last_open_number

),

outcomes as (

    select
        deal_id,
        stage_id,
        stage_type,
        amount,
        is_derived
    from standing
    where number_from_end = 1

),

last_other_outcomes as (

    select
        standing.deal_id,
        max(
            case
                when standing.stage_type <> outcomes.stage_type
                    then standing.change_number
                else 0
            end
        ) as last_other_number
    from standing
    inner join outcomes
        on standing.deal_id = outcomes.deal_id
    group by standing.deal_id

),

-- A closing that is written twice, or a loss that is refined later, counts from its
-- first writing.
first_writings as (

    select
        standing.deal_id,
        min(standing.change_number) as closing_number,
        min(standing.occurred_at) as closed_at
    from standing
    inner join last_other_outcomes
        on standing.deal_id = last_other_outcomes.deal_id
    where standing.change_number > last_other_outcomes.last_other_number
    group by standing.deal_id

),

final as (

    select
        outcomes.deal_id,
        outcomes.stage_id,
        outcomes.stage_type,
        first_writings.closing_number,
        first_writings.closed_at,
        outcomes.amount,
        outcomes.is_derived
    from outcomes
    inner join first_writings
        on outcomes.deal_id = first_writings.deal_id

)

select * from final
