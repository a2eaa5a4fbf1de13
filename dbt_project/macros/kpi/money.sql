{# Amount in the company's currency. A missing rate gives NULL, never the bare amount: a warning test counts these rows.
   The nineteenth digit makes DuckDB multiply within 38 of them; within 18 it fails from some nine million on. #}
{% macro amount_in_base(amount, currency_code, rate_to_base) -%}
    case
        when {{ currency_code }} = '{{ var("currency_code") }}' then {{ amount }}
        else cast(
            cast({{ amount }} as decimal(19, 4)) * cast({{ rate_to_base }} as decimal(18, 8)) as decimal(18, 4)
        )
    end
{%- endmacro %}

{# Currency of a record: empty means the company's. #}
{% macro currency_or_base(currency_code) -%}
    coalesce(upper({{ currency_code }}), '{{ var("currency_code") }}')
{%- endmacro %}
