{#- Fails where the key occurs twice, or it or a column of never_null is NULL: the grain
    of a model, in one test. -#}
{% test keyed_by(model, columns, never_null=[]) %}

select
    {{ columns | join(', ') }},
    count(*) as count_rows
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    or {{ columns | join(' is null or ') }} is null
    {{ 'or count(' if never_null }}{{ never_null | join(') < count(*) or count(') }}{{ ') < count(*)' if never_null }}

{% endtest %}
