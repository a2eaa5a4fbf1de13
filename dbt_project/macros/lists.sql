{#- A list of texts as an SQL list: ('a', 'b'). An empty list becomes (null), which nothing equals. -#}
{% macro text_list(values) -%}
    (
    {%- for value in values -%}
        '{{ value | string | replace("'", "''") }}'{{ ", " if not loop.last }}
    {%- else -%}
        null
    {%- endfor -%}
    )
{%- endmacro %}
