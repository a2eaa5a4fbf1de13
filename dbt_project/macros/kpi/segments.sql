{# Size class of a company by headcount, as the European Union draws them. #}
{% macro company_size(count_employees) -%}
    case
        when {{ count_employees }} is null then 'unknown'
        when {{ count_employees }} < 10 then 'micro (1-9)'
        when {{ count_employees }} < 50 then 'small (10-49)'
        when {{ count_employees }} < 250 then 'medium (50-249)'
        else 'large (250+)'
    end
{%- endmacro %}

{# Dimensions that split a company into too many parts for the facts of one day: their
   shortest period is a week. #}
{% macro segment_dimensions() -%}
    (
        'campaign', 'content', 'customer_type', 'owner', 'region', 'sector',
        'company_size', 'product_family'
    )
{%- endmacro %}
