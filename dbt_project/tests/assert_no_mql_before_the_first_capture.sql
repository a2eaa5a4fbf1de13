-- Law 2: an MQL lies within its cycle, so never before the first capture of the person.
{{ config(meta={'dagster': {'ref': {'name': 'fct_mqls'}}}) }}

with

mqls as (

    select * from {{ ref('fct_mqls') }}

),

leads as (

    select * from {{ ref('fct_leads') }}

),

final as (

    select
        mqls.lead_cycle_id,
        mqls.mql_at,
        leads.opened_at,
        leads.closed_at
    from mqls
    left join leads
        on mqls.lead_cycle_id = leads.lead_cycle_id
    where
        leads.lead_cycle_id is null
        or mqls.mql_at < leads.opened_at
        or mqls.mql_at > leads.closed_at

)

select * from final
