{#- Lines of the commercial dashboard: line, metric, dimension. -#}
{% set lines = [
    ('new_leads', 'new_leads', 'total'),
    ('orders_month', 'orders_count', 'total'),
    ('orders_month', 'orders_amount', 'total'),
    ('average_basket', 'average_basket', 'total'),
    ('losses_by_stage', 'losses_count', 'stage'),
    ('losses_by_stage', 'losses_count', 'total'),
    ('losses_by_stage', 'losses_amount', 'stage'),
    ('losses_by_stage', 'losses_amount', 'total'),
    ('losses_by_stage', 'losses_rate', 'stage'),
    ('order_forecast', 'orders_forecast_count', 'total'),
    ('order_forecast', 'orders_forecast_amount', 'total'),
] %}
{#- R-64: a company switches off what it has no use for. -#}
{% for metric in var('dashboard_optional_lines') %}
{% do lines.append(('loyalty', metric, 'total')) %}
{% endfor %}
with

kpi_values as (

    select * from {{ ref('kpi_values') }}
    where period_grain = 'month' and basis = 'period'

),

forecasts as (

    select
        *,
        case measure
            when 'orders_count' then 'orders_forecast_count'
            else 'orders_forecast_amount'
        end as metric_id
    from {{ ref('fct_order_forecast') }}
    where is_current and is_shown and component = 'total'

),

dashboard_lines as (

    {% for line, metric, dimension in lines %}
    select
        '{{ line }}' as line_id,
        '{{ metric }}' as metric_id,
        '{{ dimension }}' as dimension_name
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        dashboard_lines.line_id,
        kpi_values.metric_id,
        kpi_values.period_start as month,
        kpi_values.dimension_value as stage_id,
        kpi_values.basis,
        kpi_values.as_of,
        kpi_values.numerator,
        kpi_values.denominator,
        kpi_values.value,
        kpi_values.unit,
        kpi_values.ci_low,
        kpi_values.ci_high,
        kpi_values.is_low_n,
        {% for comparison in ['previous', 'year_ago', 'elapsed'] %}
        kpi_values.evolution_abs_{{ comparison }},
        kpi_values.evolution_rel_{{ comparison }},
        kpi_values.evolution_signal_{{ comparison }},
        {% endfor %}
        kpi_values.target,
        kpi_values.target_high,
        kpi_values.gap_abs,
        kpi_values.gap_rel,
        kpi_values.attainment,
        kpi_values.gap_paced,
        kpi_values.gap_projected,
        kpi_values.is_on_target,
        kpi_values.value_as_reported,
        forecasts.model_name,
        forecasts.label as forecast_label,
        forecasts.noise_level
    from kpi_values
    inner join dashboard_lines
        on
            kpi_values.metric_id = dashboard_lines.metric_id
            and kpi_values.dimension_name = dashboard_lines.dimension_name
    left join forecasts
        on
            kpi_values.metric_id = forecasts.metric_id
            and kpi_values.period_start = forecasts.month_start_date

)

select * from final
