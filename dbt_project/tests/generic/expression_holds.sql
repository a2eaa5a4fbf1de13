{#- Fails for each row on which the expression is false. Unknown is no violation. -#}
{% test expression_holds(model, expression, column_name=none) %}

select *
from {{ model }}
where not ({{ column_name ~ ' ' if column_name else '' }}{{ expression }})

{% endtest %}
