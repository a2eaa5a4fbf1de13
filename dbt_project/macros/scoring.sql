{#- A number as both engines write it, whole ones without decimals; NULL where it has too many digits. -#}
{% macro shown_number(number) -%}
    case
        when {{ number }} = floor({{ number }}) and abs({{ number }}) < 1e15
            then cast(cast({{ number }} as bigint) as string)
        when abs({{ number }}) < 1e13
            then cast(cast({{ number }} as decimal(18, 4)) as string)
    end
{%- endmacro %}
