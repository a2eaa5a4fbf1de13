{# Bounds of the 95 % interval of the difference p1 - p2 of two proportions from the Wilson bounds of each
   (Newcombe 1998, method 10). #}
{% macro newcombe_low(first, first_low, second, second_high) -%}
    (
        {{ first }} - {{ second }}
        - sqrt(
            power({{ first }} - {{ first_low }}, 2)
            + power({{ second_high }} - {{ second }}, 2)
        )
    )
{%- endmacro %}

{% macro newcombe_high(first, first_high, second, second_low) -%}
    (
        {{ first }} - {{ second }}
        + sqrt(
            power({{ first_high }} - {{ first }}, 2)
            + power({{ second }} - {{ second_low }}, 2)
        )
    )
{%- endmacro %}
