{#- Text, hashing and aggregates on DuckDB and Spark. -#}

{#- True where the regular expression pattern is found in text; NULL where one of them is NULL. A pattern written as a
    literal uses character classes ([.]) and no backslash: Spark reads a backslash in a literal as an escape. -#}
{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch('matches')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro spark__matches(text, pattern) -%}
    ({{ text }} rlike {{ pattern }})
{%- endmacro %}

{#- Continuous percentile p (0 to 1) of an expression; an aggregate, double. -#}
{% macro percentile(expr, p) -%}
    {{ return(adapter.dispatch('percentile')(expr, p)) }}
{%- endmacro %}

{% macro duckdb__percentile(expr, p) -%}
    quantile_cont(cast({{ expr }} as double), {{ p }})
{%- endmacro %}

{% macro spark__percentile(expr, p) -%}
    percentile(cast({{ expr }} as double), {{ p }})
{%- endmacro %}

{#- Key of a list of expressions: md5 of each one's length and text, so that ('a', 'bc') and ('ab', 'c') differ, and NULL
    differs from the empty text. Never give it a double: engines print doubles differently. -#}
{% macro surrogate_key(exprs) -%}
    md5(
        {%- for expr in exprs %}
        coalesce(cast(length(cast({{ expr }} as string)) as string) || ':' || cast({{ expr }} as string), '-')
        {%- if not loop.last %} || {% endif -%}
        {%- endfor %}
    )
{%- endmacro %}

{#- A number that stands for the values of a row, and whose sum stands for those of many rows in any order. It is compared
    with what the same engine gave on an earlier day only. -#}
{% macro fingerprint(exprs) -%}
    {{ return(adapter.dispatch('fingerprint')(exprs)) }}
{%- endmacro %}

{% macro duckdb__fingerprint(exprs) -%}
    cast(hash({{ exprs | join(', ') }}) as decimal(38, 0))
{%- endmacro %}

{% macro spark__fingerprint(exprs) -%}
    cast(xxhash64({{ exprs | join(', ') }}) as decimal(38, 0))
{%- endmacro %}

{#- Host (in lower case, without www.) or path of a web address; a relative address has a path only. NULL where it has none. -#}
{% macro url_part(url, part) -%}
    {%- set patterns = {
        'host': '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(?:[Ww][Ww][Ww][.])?([^/?#:]+)',
        'path': '^(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?([^?#]*)',
    } -%}
    nullif({% if part == 'host' %}lower({% endif %}regexp_extract({{ url }}, '{{ patterns[part] }}', 1){% if part == 'host' %}){% endif %}, '')
{%- endmacro %}

{#- Texts of a group in their order, joined by commas; an aggregate. -#}
{% macro joined_texts(expr) -%}
    {{ return(adapter.dispatch('joined_texts')(expr)) }}
{%- endmacro %}

{% macro duckdb__joined_texts(expr) -%}
    string_agg({{ expr }}, ', ' order by {{ expr }})
{%- endmacro %}

{% macro spark__joined_texts(expr) -%}
    array_join(sort_array(collect_list({{ expr }})), ', ')
{%- endmacro %}

{#- Texts of a group, joined by commas in the order of a number that no two of them share; an aggregate. -#}
{% macro joined_texts_by(expr, place) -%}
    {{ return(adapter.dispatch('joined_texts_by')(expr, place)) }}
{%- endmacro %}

{% macro duckdb__joined_texts_by(expr, place) -%}
    string_agg({{ expr }}, ', ' order by {{ place }})
{%- endmacro %}

{% macro spark__joined_texts_by(expr, place) -%}
    array_join(
        transform(
            sort_array(collect_list(named_struct('place', {{ place }}, 'piece', {{ expr }}))), item -> item.piece
        ),
        ', '
    )
{%- endmacro %}

{#- Square of an amount with 18 digits, 4 of them decimals; exact. DuckDB multiplies within 18 digits unless the operands
    have more, and fails from 303,701 on; Spark adds the digits, and drops a decimal where they exceed 38. -#}
{% macro squared(amount) -%}
    {{ return(adapter.dispatch('squared')(amount)) }}
{%- endmacro %}

{% macro duckdb__squared(amount) -%}
    (cast({{ amount }} as decimal(19, 4)) * cast({{ amount }} as decimal(19, 4)))
{%- endmacro %}

{% macro spark__squared(amount) -%}
    (cast({{ amount }} as decimal(18, 4)) * cast({{ amount }} as decimal(18, 4)))
{%- endmacro %}
