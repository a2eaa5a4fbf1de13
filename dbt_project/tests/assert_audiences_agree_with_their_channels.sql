-- A lead that a channel with an audience of its own acquired counts for that audience
-- and for no other: a call is no visit of the site.
{{ config(meta={'dagster': {'ref': {'name': 'fct_leads'}}}) }}

select
    lead_cycle_id,
    acquisition_channel_name,
    acquisition_audience_type
from {{ ref('fct_leads') }}
where
    acquisition_audience_type
    <> coalesce(
        {{ audience_of_channel('acquisition_channel_name') }},
        case
            when acquisition_audience_type in ('web_site', 'other')
                then acquisition_audience_type
            else 'web_site or other'
        end
    )
