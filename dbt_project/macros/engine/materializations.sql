{#-
    How tables and views are made on DuckDB. It replaces both in one atomic statement, so none of dbt's steps around a
    temporary name (create, rename twice, drop) is needed: they cost each model more than its SQL. Spark keeps its own.
-#}

{% materialization table, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}

    {%- set is_contract = config.get('contract').enforced -%}

    {%- do drop_other_type(target_relation) -%}
    {{ run_hooks(pre_hooks) }}
    {#- One statement needs no transaction around it; two do, so that a failed insert leaves the table as it was. -#}
    {% call statement('main', auto_begin=is_contract) -%}
        {%- if is_contract -%}
            {{ get_assert_columns_equivalent(sql) }}
            create or replace table {{ target_relation }} {{ get_table_columns_and_constraints() }};
            insert into {{ target_relation }} {{ get_column_names() }} ({{ get_select_subquery(sql) }});
        {%- else -%}
            create or replace table {{ target_relation }} as ({{ sql }});
        {%- endif %}
        {{ comments_on(target_relation) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {%- if is_contract -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='view') -%}

    {%- do drop_other_type(target_relation) -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main', auto_begin=False) -%}
        create or replace view {{ target_relation }} as ({{ sql }});
        {{ comments_on(target_relation) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- A table cannot replace a view, nor a view a table: drop what a model was before it changed its kind. -#}
{% macro drop_other_type(target_relation) -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- if existing_relation is not none and existing_relation.type != target_relation.type -%}
        {%- do adapter.drop_relation(existing_relation) -%}
    {%- endif -%}
{%- endmacro %}

{#- Statements that describe a relation and its columns, where the model asks for it. -#}
{% macro comments_on(relation) -%}
    {%- if config.persist_relation_docs() and model.description %}
        comment on {{ relation.type }} {{ relation }} is {{ dbt.string_literal(dbt.escape_single_quotes(model.description)) }};
    {%- endif -%}
    {%- if config.persist_column_docs() -%}
        {%- for column in model.columns.values() if column.description %}
            comment on column {{ relation }}.{{ column.name }} is {{ dbt.string_literal(dbt.escape_single_quotes(column.description)) }};
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
