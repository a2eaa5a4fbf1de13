with

deals as (

    select * from {{ ref('int_deals__current') }}

),

resolved_persons as (

    select * from {{ ref('int_identity__persons') }}

),

resolved_companies as (

    select * from {{ ref('int_identity__companies') }}

),

leads as (

    select * from {{ ref('fct_leads') }}

),

exchange_rates as (

    select * from {{ ref('int_orders__exchange_rate_periods') }}

),

-- An open deal is worth what its currency is worth today. A company whose own record is
-- not delivered keeps its id.
deals_with_dates as (

    select
        deals.*,
        resolved_persons.person_id,
        coalesce(resolved_companies.company_id, deals.company_id)
            as resolved_company_id,
        {{ business_date('deals.created_at') }} as created_date,
        {{ business_date('deals.closed_at') }} as closed_date,
        coalesce(
            {{ business_date('deals.closed_at') }}, {{ as_of() }}
        ) as rate_date
    from deals
    left join resolved_persons
        on deals.source_person_id = resolved_persons.source_person_id
    left join resolved_companies
        on deals.company_id = resolved_companies.source_company_id

),

-- Cycles of one person do not overlap; the latest wins should a deal stand on the seam
-- of two.
deal_cycles as (

    select
        deals.deal_id,
        leads.lead_cycle_id,
        row_number() over (
            partition by deals.deal_id
            order by leads.opened_at desc, leads.lead_cycle_id asc
        ) as cycle_choice
    from deals_with_dates as deals
    inner join leads
        on
            deals.person_id = leads.person_id
            and deals.created_at >= leads.opened_at
            and (leads.closed_at is null or deals.created_at < leads.closed_at)

),

final as (

    select
        deals.deal_id,
        deal_cycles.lead_cycle_id,
        deals.person_id,
        deals.resolved_company_id as company_id,
        deals.owner_id,
        deals.product_id,
        deals.pipeline_name,
        deals.current_stage_id,
        deals.deal_status,
        deals.amount,
        deals.currency_code,
        {{ amount_in_base(
            'deals.amount', 'deals.currency_code', 'exchange_rates.rate_to_base'
        ) }} as amount_base,
        deals.created_at,
        deals.created_date,
        deals.closed_at,
        deals.closed_date,
        -- A source that knows days only writes midnights: between two of them lie whole
        -- days, whatever the clocks did.
        case
            when
                {{ business_date(add_seconds('deals.created_at', -1)) }}
                < deals.created_date
                and {{ business_date(add_seconds('deals.closed_at', -1)) }}
                < deals.closed_date
                then
                    cast(
                        {{ days_between('deals.created_date', 'deals.closed_date') }}
                        as double
                    )
            else
                {{ days_elapsed('deals.created_at', 'deals.closed_at') }}
        end as days_to_close,
        deals.loss_stage_id,
        deals.loss_reason,
        cast(deals.highest_stage_rank as bigint) as highest_stage_rank,
        coalesce(deals.created_date = deals.closed_date, false)
            as is_created_and_closed_same_day,
        deals.not_reportable_reason is null as is_reportable,
        deals.not_reportable_reason
    from deals_with_dates as deals
    left join deal_cycles
        on
            deals.deal_id = deal_cycles.deal_id
            and deal_cycles.cycle_choice = 1
    left join exchange_rates
        on
            deals.currency_code = exchange_rates.currency_code
            and deals.rate_date >= exchange_rates.valid_from_date
            and deals.rate_date < exchange_rates.valid_to_date

)

select * from final
