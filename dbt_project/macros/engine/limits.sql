{#- Threads of DuckDB, where the company limits them; Spark has its own settings. -#}
{% macro limit_threads() -%}
    {%- if target.type == 'duckdb' and env_var('PILOTAGE_THREADS', '') -%}
        set global threads = {{ env_var('PILOTAGE_THREADS') | int }}
    {%- endif -%}
{%- endmacro %}
