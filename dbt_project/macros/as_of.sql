{#- The as-of day and the restated window. They are computed when the SQL is compiled, so that both engines read the same
    literals and a night that changes clocks is decided once. -#}

{#- A parameter that the nightly run wrote into the warehouse, as text; none where it wrote none. They are not passed as
    variables because another value would make dbt parse the whole project again every night. -#}
{% macro build_parameter(name) -%}
    {%- if execute and var('has_build_parameters') -%}
        {%- set found = run_query('select cast(' ~ name ~ ' as string) from raw_quality.build_parameters') -%}
        {{ return(found.columns[0].values()[0]) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{#- A date of the build, as a Python date or none: the variable, else the parameter. -#}
{% macro build_day(name) -%}
    {%- set day = var(name) or build_parameter(name) -%}
    {{ return(modules.datetime.date.fromisoformat(day | string) if day else none) }}
{%- endmacro %}

{#- The as-of day as a Python date; by itself the last complete day in the company's zone. -#}
{% macro as_of_day() -%}
    {%- set day = build_day('as_of') -%}
    {%- if day -%}
        {{ return(day) }}
    {%- endif -%}
    {%- set now = run_started_at.astimezone(modules.pytz.timezone(var('timezone'))) -%}
    {{ return(now.date() - modules.datetime.timedelta(days=1)) }}
{%- endmacro %}

{#- The as-of day as a date literal. -#}
{% macro as_of() -%}
    date '{{ as_of_day().isoformat() }}'
{%- endmacro %}

{#- First UTC instant after the as-of day in the company's zone: a fact recorded then or later is invisible. -#}
{% macro end_of_as_of() -%}
    {%- set zone = modules.pytz.timezone(var('timezone')) -%}
    {%- set next_day = as_of_day() + modules.datetime.timedelta(days=1) -%}
    {%- set midnight = modules.datetime.datetime.combine(next_day, modules.datetime.time()) -%}
    {#- Where clocks go back over midnight the day starts at the first of the two; where they go forward over midnight, the
        reading with summer time lies on the day before. -#}
    {%- set start = zone.normalize(zone.localize(midnight, is_dst=True)) -%}
    {%- if start.date() != next_day -%}
        {%- set start = zone.normalize(zone.localize(midnight, is_dst=False)) -%}
    {%- endif -%}
    timestamp '{{ start.astimezone(modules.pytz.utc).strftime("%Y-%m-%d %H:%M:%S") }}'
{%- endmacro %}

{#- First business date that an incremental run redoes, as a date literal. Spark overwrites whole months. -#}
{% macro restate_from() -%}
    {%- set day = build_day('restate_from') or as_of_day() - modules.datetime.timedelta(days=35) -%}
    {%- if target.type == 'spark' -%}
        {%- set day = day.replace(day=1) -%}
    {%- endif -%}
    date '{{ day.isoformat() }}'
{%- endmacro %}

{#- Hook of an incremental model: delete what the run redoes, also days that are empty now, in the model's transaction.
    Spark overwrites the months instead. -#}
{% macro delete_restated(date_column) -%}
    {%- if is_incremental() and target.type == 'duckdb' -%}
        delete from {{ this }} where {{ date_column }} >= {{ restate_from() }}
    {%- endif -%}
{%- endmacro %}

{#- Condition of an incremental model on what it reads: true in a full build. The timestamp bound is a day wide, whatever the
    zone; it lets the engine skip what is older without computing a business date. -#}
{% macro is_restated(date_column, timestamp_column=none) -%}
    {%- if is_incremental() -%}
        {{ date_column }} >= {{ restate_from() }}
        {%- if timestamp_column %}
        and {{ timestamp_column }} >= cast({{ add_days(restate_from(), -1) }} as timestamp)
        {%- endif -%}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
