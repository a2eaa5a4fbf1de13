{#- Seconds from midnight of a time of the day written as HH:MM. -#}
{% macro clock_seconds(clock_time) -%}
    {%- set parts = (clock_time | string).split(':') -%}
    {{ return((parts[0] | int) * 3600 + (parts[1] | int) * 60) }}
{%- endmacro %}

{#- Business seconds that have passed at an instant since the calendar began; two of them give the business time between
    two instants. Day is the alias of the row of int_lifecycle__business_days with the instant's business date. -#}
{% macro business_seconds_at(instant, day) -%}
    (
        {{ day }}.business_seconds_before
        + least(
            greatest({{ seconds_between(day ~ '.opens_at', instant) }}, 0),
            {{ day }}.business_seconds
        )
    )
{%- endmacro %}
