{#- Fails where the key occurs twice, or it or a column of never_null is NULL: the grain of a model, in one test. -#}
{% test keyed_by(model, columns, never_null=[]) %}

select
    {{ columns | join(', ') }},
    count(*) as count_rows
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}
    {%- for column in never_null %}
    or count({{ column }}) < count(*)
    {%- endfor %}

{% endtest %}
