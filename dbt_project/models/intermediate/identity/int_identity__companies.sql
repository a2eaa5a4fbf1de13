{#- Keys by strength: the next one speaks only for a company that has none of those
    before it. -#}
{%- set keys = ['siren', 'vat_number', 'domain_name'] -%}

with

companies as (

    select * from {{ ref('stg_files__companies') }}

),

surviving_records as (

    select * from {{ ref('int_identity__company_survivors') }}

),

free_mail_domains as (

    select * from {{ ref('stg_workspace__free_mail_domains') }}

),

internal_domains as (

    select * from {{ ref('stg_workspace__internal_domains') }}

),

typed_keys as (

    select
        surviving_records.survivor_id,
        companies.company_id = surviving_records.survivor_id as is_survivor,
        translate(companies.siren, ' .-', '') as siren,
        upper(translate(companies.vat_number, ' .-', '')) as vat_number,
        lower(
            trim(
                coalesce(
                    {{ url_part('companies.domain', 'host') }},
                    split_part(companies.domain, '/', 1)
                )
            )
        ) as domain_name
    from companies
    inner join surviving_records
        on companies.company_id = surviving_records.source_company_id

),

-- The number of an establishment begins with the SIREN, a French VAT number ends so.
valid_keys as (

    select
        survivor_id,
        is_survivor,
        case
            when {{ matches('siren', "'^[0-9]{9}([0-9]{5})?$'") }}
                then substr(siren, 1, 9)
            when {{ matches('vat_number', "'^FR[0-9A-Z]{2}[0-9]{9}$'") }}
                then substr(vat_number, 5, 9)
        end as siren,
        case
            when {{ matches('vat_number', "'^[A-Z]{2}[0-9A-Z]{6,13}$'") }}
                then vat_number
        end as vat_number,
        case
            when domain_name like 'www.%_._%' then substr(domain_name, 5)
            when domain_name like '%_._%' then domain_name
        end as domain_name
    from typed_keys

),

survivors as (

    select
        survivor_id,
        {% for key in keys %}
        coalesce(
            max(case when is_survivor then {{ key }} end),
            min(case when not is_survivor then {{ key }} end)
        ) as {{ key }},
        {% endfor %}
        count(*) as count_records
    from valid_keys
    group by survivor_id

),

-- Mail providers and the company's own domain say nothing of who somebody works for.
joined_0 as (

    select
        survivors.survivor_id,
        survivors.count_records,
        survivors.siren,
        survivors.vat_number,
        case
            when
                free_mail_domains.domain_name is null
                and internal_domains.domain_name is null
                then survivors.domain_name
        end as domain_name,
        survivors.survivor_id as company_id,
        false as is_identified,
        cast(null as string) as quarantine_reason
    from survivors
    left join free_mail_domains
        on survivors.domain_name = free_mail_domains.domain_name
    left join internal_domains
        on survivors.domain_name = internal_domains.domain_name

),

-- Who holds a stronger key stands for the weaker one: the others with it join them if
-- they are one company, else each other if there is none.
{%- for key in keys %}

holders_{{ loop.index }} as (

    select
        *,
        min(case when is_identified then company_id end) over (partition by {{ key }})
            as first_holder_id,
        max(case when is_identified then company_id end) over (partition by {{ key }})
            as last_holder_id,
        min(case when not is_identified then survivor_id end) over (
            partition by {{ key }}
        ) as first_survivor_id,
        count(*) over (partition by {{ key }}) as count_companies,
        sum(count_records) over (partition by {{ key }}) as count_key_records
    from joined_{{ loop.index0 }}

),

joined_{{ loop.index }} as (

    select
        survivor_id,
        count_records,
        {{ keys | join(', ') }},
        case
            when is_identified or {{ key }} is null then company_id
            when count_key_records > {{ var('identity_max_records') }} then survivor_id
            when first_holder_id is null then first_survivor_id
            when first_holder_id = last_holder_id then first_holder_id
            else survivor_id
        end as company_id,
        is_identified or {{ key }} is not null as is_identified,
        case
            when is_identified or {{ key }} is null then quarantine_reason
            when
                count_companies > 1
                and count_key_records > {{ var('identity_max_records') }}
                then 'oversized'
            when first_holder_id < last_holder_id then 'ambiguous'
        end as quarantine_reason
    from holders_{{ loop.index }}

),
{%- endfor %}

final as (

    select
        surviving_records.source_company_id,
        joined.company_id,
        joined.domain_name,
        joined.quarantine_reason
    from surviving_records
    inner join joined_3 as joined
        on surviving_records.survivor_id = joined.survivor_id

)

select * from final
