{#- Quantile, its probability. -#}
{% set quantiles = [
    ('p025', 0.025), ('p10', 0.1), ('p25', 0.25), ('p50', 0.5), ('p75', 0.75),
    ('p90', 0.9), ('p975', 0.975),
] %}
{% set intervals = [(50, 'p25', 'p75'), (80, 'p10', 'p90'), (95, 'p025', 'p975')] %}
with

backtests as (

    select * from {{ ref('int_outlook__backtests') }}

),

-- Where the month still runs the actual is NULL, and so is every error.
with_losses as (

    select
        *,
        {% for quantile, probability in quantiles %}
        round(
            case
                when actual >= {{ quantile }}
                    then (actual - {{ quantile }}) * {{ probability }}
                else ({{ quantile }} - actual) * (1 - {{ probability }})
            end, 9
        ) as pinball_{{ quantile }},
        {% endfor %}
        expected - actual as forecast_error,
        abs(expected - actual) as absolute_error
    from backtests

),

final as (

    select
        forecast_backtest_id,
        origin_date,
        model_name,
        horizon,
        measure,
        month_start_date,
        label,
        is_promoted,
        expected,
        {% for quantile, probability in quantiles %}
        {{ quantile }},
        {% endfor %}
        actual,
        mase_scale,
        deal_brier,
        count_deals,
        forecast_error,
        absolute_error,
        round({{ ratio('absolute_error', 'mase_scale') }}, 9) as scaled_error,
        {% for level, low, high in intervals %}
        actual between {{ low }} and {{ high }} as is_covered_{{ level }},
        {% endfor %}
        {% for quantile, probability in quantiles %}
        pinball_{{ quantile }},
        {% endfor %}
        round(
            (
                {% for quantile, probability in quantiles %}
                pinball_{{ quantile }} {{ '+' if not loop.last }}
                {% endfor %}
            ) / {{ quantiles | length }}, 9
        ) as pinball_loss
    from with_losses

)

select * from final
