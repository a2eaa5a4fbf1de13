{#- First day of the period of date d. Grain is a literal: day, week (ISO, Monday), month, quarter or fiscal_year. -#}
{% macro period_start(grain, d) -%}
    {%- if grain == 'day' -%}
        {{ d }}
    {%- elif grain in ('week', 'month', 'quarter') -%}
        cast(date_trunc('{{ grain }}', {{ d }}) as date)
    {%- elif grain == 'fiscal_year' -%}
        {%- set shift = (var('fiscal_year_start_month') | int) - 1 -%}
        {%- set shifted = add_months("cast(date_trunc('month', " ~ d ~ ") as date)", -shift) -%}
        {{ add_months("cast(date_trunc('year', " ~ shifted ~ ") as date)", shift) }}
    {%- else -%}
        {{ exceptions.raise_compiler_error("period_start: no grain '" ~ grain ~ "'; use day, week, month, quarter or fiscal_year") }}
    {%- endif -%}
{%- endmacro %}
