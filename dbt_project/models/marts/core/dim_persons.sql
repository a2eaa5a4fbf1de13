with

profiles as (

    select * from {{ ref('int_identity__profiles') }}

),

final as (

    select
        person_id,
        company_id,
        owner_id,
        job_function,
        seniority,
        lead_source,
        consent_status,
        is_internal,
        is_role_address,
        not_reportable_reason is null as is_reportable,
        not_reportable_reason,
        quarantine_reason as identity_quarantine_reason,
        created_at,
        {{ business_date('created_at') }} as created_date
    from profiles

)

select * from final
