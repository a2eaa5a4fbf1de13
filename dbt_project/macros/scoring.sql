{#- A number as both engines write it, whole ones without decimals; NULL where it has too many digits. -#}
{% macro shown_number(number) -%}
    case
        when {{ number }} = floor({{ number }}) and abs({{ number }}) < 1e15
            then cast(cast({{ number }} as bigint) as string)
        when abs({{ number }}) < 1e13
            then cast(cast({{ number }} as decimal(18, 4)) as string)
    end
{%- endmacro %}

{#- Whom the last finished builds have scored, from what, and when time alone changes their score: the orchestrator's memory
    (orchestration/lib/scored_persons.py). Empty where no night remembers, and on Spark: then everybody is due. -#}
{% macro scored_persons() -%}
    {%- set count_remembered = 0 -%}
    {%- if execute and var('has_build_parameters') and target.type == 'duckdb' -%}
        {%- set found = run_query('select count(*) from raw_quality.scored_persons') -%}
        {%- set count_remembered = found.columns[0].values()[0] -%}
    {%- endif -%}
    {%- if count_remembered -%}
        raw_quality.scored_persons
    {%- else -%}
        (
            select
                cast(null as string) as person_id,
                {{ fingerprint(['1']) }} as input_fingerprint,
                {{ fingerprint(['1']) }} as cycle_fingerprint,
                cast(null as timestamp) as next_change_at
            where false
        )
    {%- endif -%}
{%- endmacro %}

{#- Hooks of the models that say who is due: until the build is finished, nobody of them counts as scored. -#}
{% macro forget_due_persons() -%}
    {%- if execute and var('has_build_parameters') and target.type == 'duckdb' -%}
        update raw_quality.scored_persons
        set input_fingerprint = null
        where person_id in (select due.person_id from {{ this }} as due)
    {%- endif -%}
{%- endmacro %}

{% macro forget_due_cycles() -%}
    {#- Outside the condition, or dbt would not see what the hook reads. -#}
    {%- set cycles = ref('int_lifecycle__cycles') -%}
    {%- if execute and var('has_build_parameters') and target.type == 'duckdb' -%}
        update raw_quality.scored_persons
        set cycle_fingerprint = null
        where person_id not in (
            select cycles.person_id
            from {{ cycles }} as cycles
            where cycles.person_id not in (select due.person_id from {{ this }} as due)
        )
    {%- endif -%}
{%- endmacro %}

{#- Hook of an incremental model with a row or more a person: delete those who are due, and those who are nobody now. -#}
{% macro delete_due_persons() -%}
    {%- set profiles, due_persons = ref('int_identity__profiles'), ref('int_scoring__due_persons') -%}
    {%- if is_incremental() and target.type == 'duckdb' -%}
        delete from {{ this }}
        where person_id not in (
            select profiles.person_id
            from {{ profiles }} as profiles
            where profiles.person_id not in (select due.person_id from {{ due_persons }} as due)
        )
    {%- endif -%}
{%- endmacro %}

{#- The same for the lead cycles of a person. -#}
{% macro delete_due_cycles() -%}
    {%- set cycles, due_cycles = ref('int_lifecycle__cycles'), ref('int_scoring__due_cycles') -%}
    {%- if is_incremental() and target.type == 'duckdb' -%}
        delete from {{ this }}
        where lead_cycle_id not in (
            select cycles.lead_cycle_id
            from {{ cycles }} as cycles
            where cycles.lead_cycle_id not in (select due.lead_cycle_id from {{ due_cycles }} as due)
        )
    {%- endif -%}
{%- endmacro %}
