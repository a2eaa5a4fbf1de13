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
