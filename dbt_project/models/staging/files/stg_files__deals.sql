with

source as (

    select * from {{ source('raw_files', 'deals') }}
    where _dlt_load_id in {{ completed_load_ids() }}

),

versions as (

    select
        *,
        {{ version_rank(['deal_id']) }} as version_rank
    from source

),

renamed as (

    select
        -- ids
        source_name || ':' || deal_id as deal_id,
        -- foreign keys
        references_source_name || ':' || person_id as person_id,
        references_source_name || ':' || company_id as company_id,
        references_source_name || ':' || owner_id as owner_id,
        references_source_name || ':' || product_id as product_id,
        source_name || ':' || merged_into_deal_id as merged_into_deal_id,
        -- strings
        deal_name,
        pipeline_name,
        stage_name,
        currency_code,
        lead_source,
        loss_reason,
        -- numbers
        amount,
        -- booleans
        coalesce(is_test, false) as is_test,
        recorded_at is null as is_recorded_at_inferred,
        coalesce(is_deleted, false) as is_deleted,
        -- dates and timestamps
        created_at,
        closed_at,
        expected_close_date,
        updated_at,
        coalesce(recorded_at, created_at) as recorded_at,
        -- load metadata
        source_name

    from versions
    where version_rank = 1

)

select * from renamed
