with

changes as (

    select * from {{ ref('int_deals__changes') }}

),

deals as (

    select * from {{ ref('int_deals__current') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

companies as (

    select * from {{ ref('int_identity__companies') }}

),

company_profiles as (

    select * from {{ ref('int_identity__company_profiles') }}

),

cycles as (

    select * from {{ ref('int_lifecycle__cycles') }}

),

exchange_rates as (

    select * from {{ ref('int_orders__exchange_rate_periods') }}

),

-- As in fct_deals: the latest cycle wins should a deal stand on the seam of two.
deal_cycles as (

    select
        deals.deal_id,
        cycles.lead_cycle_id,
        row_number() over (
            partition by deals.deal_id
            order by cycles.opened_at desc, cycles.lead_cycle_id asc
        ) as cycle_choice
    from deals
    inner join persons
        on deals.source_person_id = persons.source_person_id
    inner join cycles
        on
            persons.person_id = cycles.person_id
            and deals.created_at >= cycles.opened_at
            and (cycles.closed_at is null or deals.created_at < cycles.closed_at)

),

-- A closing that nobody dated came when it was recorded, else when the deal was
-- created: without a day the deal would stay open for ever.
dated as (

    select
        changes.deal_id,
        changes.change_number,
        changes.stage_id,
        changes.amount,
        deals.currency_code,
        deals.company_id,
        coalesce(
            {{ business_date('changes.occurred_at') }},
            {{ business_date('changes.recorded_at') }},
            {{ business_date('deals.created_at') }}
        ) as change_date,
        coalesce(
            {{ business_date('changes.recorded_at') }},
            {{ business_date('changes.occurred_at') }},
            {{ business_date('deals.created_at') }}
        ) as recorded_date
    from changes
    inner join deals
        on changes.deal_id = deals.deal_id
    where deals.not_reportable_reason is null

),

final as (

    select
        dated.deal_id,
        dated.change_number,
        deal_cycles.lead_cycle_id,
        {{ company_size('company_profiles.count_employees') }} as company_size,
        dated.stage_id,
        dated.change_date,
        dated.recorded_date,
        {{ amount_in_base(
            'dated.amount', 'dated.currency_code', 'exchange_rates.rate_to_base'
        ) }} as amount_base
    from dated
    left join deal_cycles
        on
            dated.deal_id = deal_cycles.deal_id
            and deal_cycles.cycle_choice = 1
    left join companies
        on dated.company_id = companies.source_company_id
    left join company_profiles
        on companies.company_id = company_profiles.company_id
    left join exchange_rates
        on
            dated.currency_code = exchange_rates.currency_code
            and dated.change_date >= exchange_rates.valid_from_date
            and dated.change_date < exchange_rates.valid_to_date
    where dated.change_date is not null

)

select * from final
