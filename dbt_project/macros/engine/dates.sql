{#-
    Dates and timestamps on DuckDB and Spark. Every timestamp is naive and in UTC; sessions run in UTC on both engines.
-#}

{#- Date in the company's zone of a UTC timestamp. -#}
{% macro business_date(ts) -%}
    {{ return(adapter.dispatch('business_date')(ts)) }}
{%- endmacro %}

{% macro duckdb__business_date(ts) -%}
    cast(timezone('{{ var("timezone") }}', timezone('UTC', {{ ts }})) as date)
{%- endmacro %}

{% macro spark__business_date(ts) -%}
    cast(from_utc_timestamp({{ ts }}, '{{ var("timezone") }}') as date)
{%- endmacro %}

{#- First UTC instant of a day in the company's zone. -#}
{% macro start_of_day(d) -%}
    {{ return(adapter.dispatch('start_of_day')(d)) }}
{%- endmacro %}

{% macro duckdb__start_of_day(d) -%}
    timezone('UTC', timezone('{{ var("timezone") }}', cast({{ d }} as timestamp)))
{%- endmacro %}

{% macro spark__start_of_day(d) -%}
    to_utc_timestamp(cast({{ d }} as timestamp), '{{ var("timezone") }}')
{%- endmacro %}

{#- UTC instant of a local time in the company's zone. -#}
{% macro local_to_utc(ts) -%}
    {{ return(adapter.dispatch('local_to_utc')(ts)) }}
{%- endmacro %}

{% macro duckdb__local_to_utc(ts) -%}
    timezone('UTC', timezone('{{ var("timezone") }}', {{ ts }}))
{%- endmacro %}

{% macro spark__local_to_utc(ts) -%}
    to_utc_timestamp({{ ts }}, '{{ var("timezone") }}')
{%- endmacro %}

{#- Whole seconds from a to b, truncated towards zero; bigint. -#}
{% macro seconds_between(a, b) -%}
    {{ return(adapter.dispatch('seconds_between')(a, b)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(a, b) -%}
    date_sub('second', {{ a }}, {{ b }})
{%- endmacro %}

{% macro spark__seconds_between(a, b) -%}
    timestampdiff(second, {{ a }}, {{ b }})
{%- endmacro %}

{#- Days from timestamp a to timestamp b, fractions included; double. -#}
{% macro days_elapsed(a, b) -%}
    {{ return(adapter.dispatch('days_elapsed')(a, b)) }}
{%- endmacro %}

{% macro duckdb__days_elapsed(a, b) -%}
    ((epoch_us({{ b }}) - epoch_us({{ a }})) / cast(86400000000 as double))
{%- endmacro %}

{% macro spark__days_elapsed(a, b) -%}
    ((unix_micros({{ b }}) - unix_micros({{ a }})) / cast(86400000000 as double))
{%- endmacro %}

{#- Days from date d1 to date d2; integer. -#}
{% macro days_between(d1, d2) -%}
    {{ return(adapter.dispatch('days_between')(d1, d2)) }}
{%- endmacro %}

{% macro duckdb__days_between(d1, d2) -%}
    cast(date_diff('day', {{ d1 }}, {{ d2 }}) as integer)
{%- endmacro %}

{% macro spark__days_between(d1, d2) -%}
    date_diff({{ d2 }}, {{ d1 }})
{%- endmacro %}

{#- Date d plus n days. -#}
{% macro add_days(d, n) -%}
    {{ return(adapter.dispatch('add_days')(d, n)) }}
{%- endmacro %}

{% macro duckdb__add_days(d, n) -%}
    ({{ d }} + cast({{ n }} as integer))
{%- endmacro %}

{% macro spark__add_days(d, n) -%}
    date_add({{ d }}, cast({{ n }} as integer))
{%- endmacro %}

{#- Date d plus n months; the day is cut to the length of the month. -#}
{% macro add_months(d, n) -%}
    {{ return(adapter.dispatch('add_months')(d, n)) }}
{%- endmacro %}

{% macro duckdb__add_months(d, n) -%}
    cast({{ d }} + to_months(cast({{ n }} as integer)) as date)
{%- endmacro %}

{% macro spark__add_months(d, n) -%}
    add_months({{ d }}, cast({{ n }} as integer))
{%- endmacro %}

{#- Timestamp ts plus n whole seconds. -#}
{% macro add_seconds(ts, n) -%}
    {{ return(adapter.dispatch('add_seconds')(ts, n)) }}
{%- endmacro %}

{% macro duckdb__add_seconds(ts, n) -%}
    ({{ ts }} + to_seconds(cast({{ n }} as bigint)))
{%- endmacro %}

{% macro spark__add_seconds(ts, n) -%}
    timestampadd(second, {{ n }}, {{ ts }})
{%- endmacro %}

{#- ISO weekday of date d: Monday is 1, Sunday 7. -#}
{% macro iso_weekday(d) -%}
    {{ return(adapter.dispatch('iso_weekday')(d)) }}
{%- endmacro %}

{% macro duckdb__iso_weekday(d) -%}
    cast(isodow({{ d }}) as integer)
{%- endmacro %}

{% macro spark__iso_weekday(d) -%}
    (weekday({{ d }}) + 1)
{%- endmacro %}

{#- A select that gives every day from start to end, both included, as date_day. No row where end is before start. -#}
{% macro date_spine_rows(start, end) -%}
    {{ return(adapter.dispatch('date_spine_rows')(start, end)) }}
{%- endmacro %}

{% macro duckdb__date_spine_rows(start, end) -%}
    select cast(unnest(generate_series({{ start }}, {{ end }}, interval 1 day)) as date) as date_day
{%- endmacro %}

{% macro spark__date_spine_rows(start, end) -%}
    select explode(if({{ start }} <= {{ end }}, sequence({{ start }}, {{ end }}, interval 1 day), array())) as date_day
{%- endmacro %}
