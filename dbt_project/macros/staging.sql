{#- Expressions that all staging models share. -#}

{#- Ids of the loads that are complete. Tables of a load are committed one by one, so a load that was killed half-way shows
    rows in some of them. -#}
{% macro completed_load_ids() -%}
    (select load_id from {{ source('raw_files', '_dlt_loads') }} where status = 0)
{%- endmacro %}

{#- Rank of a version of a record; 1 is the one that counts. Versions that the source wrote after the as-of day stand behind
    those it had then. Load order never decides. -#}
{% macro version_rank(key_columns) -%}
    row_number() over (
        partition by source_name, {{ key_columns | join(', ') }}
        order by
            case when updated_at >= {{ end_of_as_of() }} then 1 else 0 end,
            updated_at desc nulls last,
            source_file_modified_at desc,
            row_hash desc
    )
{%- endmacro %}

{#- Number of a version of a record, 1 for the first; the order is that of version_rank, the other way round. Versions that
    tell no time of their change come first: they have no history, the last of them holds from the beginning. -#}
{% macro version_number(key_columns) -%}
    row_number() over (
        partition by source_name, {{ key_columns | join(', ') }}
        order by updated_at asc nulls first, source_file_modified_at asc, row_hash asc
    )
{%- endmacro %}

{#- When a version was known: the first one when the source recorded it, else when it happened; a later one not before its
    change. A source that delivers no earlier version tells no more. -#}
{% macro version_known_at(occurred_at, recorded_at, key_columns) -%}
    case
        when {{ version_number(key_columns) }} = 1 or updated_at is null
            then
                coalesce(
                    {{ recorded_at }}, {{ occurred_at }}, updated_at, timestamp '1900-01-01 00:00:00'
                )
        else
            greatest(
                updated_at, coalesce({{ recorded_at }}, {{ occurred_at }}, updated_at)
            )
    end
{%- endmacro %}

{#- Condition of an incremental model of versions on its raw table: records that a load since the last finished build has
    delivered again, with all their versions. True in a full build, and where no night says what the last build saw. -#}
{% macro is_of_changed_record(table_name, key_column) -%}
    {%- set source_table = source('raw_files', table_name) -%}
    {%- set last_load_id = build_parameter('last_load_id') if is_incremental() else none -%}
    {%- if last_load_id -%}
        (source_name, {{ key_column }}) in (
            select
                source_name,
                {{ key_column }}
            from {{ source_table }}
            where _dlt_load_id > '{{ last_load_id }}'
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
