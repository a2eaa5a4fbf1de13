{%- set model_key = 'person_id, model_name, model_version' -%}
{%- set sums = [
    ('fit_points', 'decimal(18, 4)'),
    ('heat_points', 'decimal(18, 4)'),
    ('known_points', 'decimal(18, 4)'),
    ('known_bits', 'bigint'),
    ('count_refusals', 'bigint'),
] -%}
with

contributions as (

    select contributions.*
    from {{ ref('int_scoring__contributions') }} as contributions
    inner join {{ ref('int_scoring__due_persons') }} as due_persons
        on contributions.person_id = due_persons.person_id

),

criteria as (

    select * from {{ ref('int_scoring__criteria') }}

),

profiles as (

    select * from {{ ref('int_scoring__due_persons') }}

),

persons as (

    select persons.*
    from {{ ref('int_identity__persons') }} as persons
    inner join {{ ref('int_scoring__due_persons') }} as due_persons
        on persons.person_id = due_persons.person_id

),

person_versions as (

    select * from {{ ref('stg_files__person_versions') }}
    where known_at < {{ end_of_as_of() }}

),

-- An end that is stated ahead is none yet.
versions as (

    select distinct
        model_name,
        model_version,
        valid_from_at,
        case when valid_to_at < {{ end_of_as_of() }} then valid_to_at end as ended_at
    from criteria

),

-- Nobody may write to somebody who refused it in any system.
refusals as (

    select
        persons.person_id,
        person_versions.known_at,
        person_versions.replaced_at
    from person_versions
    inner join persons
        on person_versions.person_id = persons.source_person_id
    where
        person_versions.consent_status = 'denied'
        and coalesce(person_versions.known_at < person_versions.replaced_at, true)

),

changes as (

    -- Everybody has a score from the first day of a version on, if nothing is known.
    select
        profiles.person_id,
        versions.model_name,
        versions.model_version,
        versions.valid_from_at as changed_at,
        cast(0 as decimal(18, 4)) as fit_points,
        cast(0 as decimal(18, 4)) as heat_points,
        cast(0 as decimal(18, 4)) as known_points,
        cast(0 as bigint) as known_bits,
        0 as count_refusals
    from profiles
    cross join versions
    {% for sign, instant in [('', 'valid_from_at'), ('-', 'valid_to_at')] %}
    union all
    select
        {{ model_key }},
        {{ instant }} as changed_at,
        case when criterion_group = 'fit' then {{ sign }}points else 0 end
            as fit_points,
        case when criterion_group = 'heat' then {{ sign }}points else 0 end
            as heat_points,
        {{ sign }}max_points as known_points,
        {{ sign }}criterion_bit as known_bits,
        0 as count_refusals
    from contributions
    where {{ instant }} is not null
    {% endfor %}
    {% for sign, instant in [('', 'known_at'), ('-', 'replaced_at')] %}
    union all
    select
        refusals.person_id,
        versions.model_name,
        versions.model_version,
        greatest(refusals.{{ instant }}, versions.valid_from_at) as changed_at,
        cast(0 as decimal(18, 4)) as fit_points,
        cast(0 as decimal(18, 4)) as heat_points,
        cast(0 as decimal(18, 4)) as known_points,
        cast(0 as bigint) as known_bits,
        {{ sign }}1 as count_refusals
    from refusals
    cross join versions
    where refusals.{{ instant }} is not null
    {% endfor %}

),

instants as (

    select
        {{ model_key }},
        {% for column, type in sums -%}
        sum({{ column }}) as {{ column }},
        {% endfor -%}
        changed_at
    from changes
    where changed_at < {{ end_of_as_of() }}
    group by {{ model_key }}, changed_at

),

cumulated as (

    select
        {{ model_key }},
        changed_at as valid_from_at,
        {% for column, type in sums -%}
        cast(
            sum({{ column }}) over (
                partition by {{ model_key }}
                order by changed_at
                rows between unbounded preceding and current row
            ) as {{ type }}
        ) as {{ column }},
        {% endfor -%}
        lead(changed_at) over (
            partition by {{ model_key }}
            order by changed_at
        ) as next_changed_at
    from instants

),

final as (

    select
        cumulated.person_id,
        cumulated.model_name,
        cumulated.model_version,
        cumulated.valid_from_at,
        {% for column, type in sums -%}
        cumulated.{{ column }},
        {% endfor -%}
        case
            when versions.ended_at <= cumulated.next_changed_at
                then versions.ended_at
            else coalesce(cumulated.next_changed_at, versions.ended_at)
        end as valid_to_at
    from cumulated
    inner join versions
        on
            cumulated.model_name = versions.model_name
            and cumulated.model_version = versions.model_version
    where coalesce(cumulated.valid_from_at < versions.ended_at, true)

)

select * from final
