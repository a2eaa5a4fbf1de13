with

changes as (

    select * from {{ ref('int_scoring__process_changes') }}

),

deals as (

    select * from {{ ref('fct_deals') }}

),

states as (

    select
        deal_id,
        changed_at,
        {{ business_date('changed_at') }} as changed_date,
        {% for column, type in [
            ('due_weight', 'decimal(18, 4)'),
            ('validated_weight', 'decimal(18, 4)'),
            ('count_spans', 'bigint'),
        ] -%}
        cast(
            sum({{ column }}) over (
                partition by deal_id
                order by changed_at
                rows between unbounded preceding and current row
            ) as {{ type }}
        ) as {{ column }},
        {% endfor -%}
        lead({{ business_date('changed_at') }}) over (
            partition by deal_id
            order by changed_at
        ) as next_changed_date
    from changes

),

-- A day shows the last state of the day; a deal that is closed has none.
final as (

    select
        {{ surrogate_key(['states.deal_id', 'states.changed_date']) }}
            as process_score_id,
        states.deal_id,
        deals.owner_id,
        states.changed_date as valid_from_date,
        states.next_changed_date as valid_to_date,
        case
            when states.due_weight > 0
                then
                    100
                    * cast(states.validated_weight as double)
                    / cast(states.due_weight as double)
        end as process_score,
        states.validated_weight,
        states.due_weight,
        states.next_changed_date is null as is_current
    from states
    inner join deals
        on states.deal_id = deals.deal_id
    where
        states.count_spans > 0
        and coalesce(states.next_changed_date > states.changed_date, true)

)

select * from final
