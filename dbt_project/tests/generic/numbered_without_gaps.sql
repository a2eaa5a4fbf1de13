{#- Fails for each group whose numbers are not 1, 2, 3, ... each of them once. -#}
{% test numbered_without_gaps(model, group_column, number_column) %}

select
    {{ group_column }},
    count(*) as count_rows,
    min({{ number_column }}) as first_number,
    max({{ number_column }}) as last_number
from {{ model }}
group by {{ group_column }}
having
    min({{ number_column }}) <> 1
    or max({{ number_column }}) <> count(*)
    or count(distinct {{ number_column }}) <> count(*)

{% endtest %}
