{# Bounds of the Wilson 95 % interval of a proportion on n trials (Brown, Cai & DasGupta 2001). #}
{% macro wilson_low(proportion, trials) -%}
    greatest(
        0.0,
        (
            {{ proportion }} + 1.9207294 / {{ trials }}
            - 1.959964 * sqrt(
                {{ proportion }} * (1.0 - {{ proportion }}) / {{ trials }}
                + 0.9603647 / ({{ trials }} * {{ trials }})
            )
        ) / (1.0 + 3.8414589 / {{ trials }})
    )
{%- endmacro %}

{% macro wilson_high(proportion, trials) -%}
    least(
        1.0,
        (
            {{ proportion }} + 1.9207294 / {{ trials }}
            + 1.959964 * sqrt(
                {{ proportion }} * (1.0 - {{ proportion }}) / {{ trials }}
                + 0.9603647 / ({{ trials }} * {{ trials }})
            )
        ) / (1.0 + 3.8414589 / {{ trials }})
    )
{%- endmacro %}

{# Bounds of the score 95 % interval of a Poisson count. #}
{% macro poisson_low(events) -%}
    greatest(
        0.0, {{ events }} + 1.9207294 - 1.959964 * sqrt({{ events }} + 0.9603647)
    )
{%- endmacro %}

{% macro poisson_high(events) -%}
    ({{ events }} + 1.9207294 + 1.959964 * sqrt({{ events }} + 0.9603647))
{%- endmacro %}

{# Ratio that is NULL, not an error and not 0, where there is nothing to divide by. #}
{% macro ratio(numerator, denominator) -%}
    case
        when {{ denominator }} <> 0
            then cast({{ numerator }} as double) / cast({{ denominator }} as double)
    end
{%- endmacro %}

{# 'signal' or 'noise' at 95 % for `now` against `before`, two aliases with the columns metric_kind, basis, value,
   numerator, denominator and value_variance. Plain proportions have the pooled two-proportion test; counts (variance =
   count) thereby have the Poisson test, amounts the compound Poisson one, Aalen-Johansen values their own variance. #}
{% macro evolution_signal(now, before) -%}
    case
        when {{ now }}.value is null or {{ before }}.value is null then null
        when {{ now }}.metric_kind = 'rate' and {{ now }}.basis <> 'cohort_aj'
            then case
                when
                    {{ now }}.numerator > {{ now }}.denominator
                    or {{ before }}.numerator > {{ before }}.denominator
                    then null
                when
                    power({{ now }}.value - {{ before }}.value, 2)
                    * cast({{ now }}.denominator + {{ before }}.denominator as double)
                    * cast({{ now }}.denominator as double)
                    * cast({{ before }}.denominator as double)
                    > 3.8414589
                    * cast({{ now }}.numerator + {{ before }}.numerator as double)
                    * cast(
                        {{ now }}.denominator + {{ before }}.denominator
                        - {{ now }}.numerator - {{ before }}.numerator as double
                    )
                    then 'signal'
                else 'noise'
            end
        when {{ now }}.value_variance is null or {{ before }}.value_variance is null
            then null
        when
            power({{ now }}.value - {{ before }}.value, 2)
            > 3.8414589 * ({{ now }}.value_variance + {{ before }}.value_variance)
            then 'signal'
        else 'noise'
    end
{%- endmacro %}

{# Variance of the mean of a sample from its sum, size and sum of squares; NULL for one. #}
{% macro variance_of_mean(total, size, sum_of_squares) -%}
    case
        when {{ size }} > 1
            then greatest(
                cast({{ sum_of_squares }} as double)
                - cast({{ total }} as double) * cast({{ total }} as double)
                / cast({{ size }} as double),
                0
            ) / (cast({{ size }} as double) * (cast({{ size }} as double) - 1))
    end
{%- endmacro %}

{# Bounds of the 95 % interval of an amount, a sum over a Poisson number of cases (docs/decisions/0006): the score interval
   of the number of equal cases that have this sum and this variance, so that with equal amounts it is that of their
   count. Where what was cancelled leaves less than one such case, the normal interval. Six digits, since engines differ
   in the last ones of large amounts. #}
{% macro amount_low(amount, variance) -%}
    round(case
        when {{ variance }} = 0 then null
        when {{ amount }} > 0 and {{ amount }} * {{ amount }} >= {{ variance }}
            then {{ variance }} / {{ amount }}
            * {{ poisson_low('(' ~ amount ~ ' * ' ~ amount ~ ' / ' ~ variance ~ ')') }}
        else {{ amount }} - 1.959964 * sqrt({{ variance }})
    end, 6)
{%- endmacro %}

{% macro amount_high(amount, variance) -%}
    round(case
        when {{ variance }} = 0 then null
        when {{ amount }} > 0 and {{ amount }} * {{ amount }} >= {{ variance }}
            then {{ variance }} / {{ amount }}
            * {{ poisson_high('(' ~ amount ~ ' * ' ~ amount ~ ' / ' ~ variance ~ ')') }}
        else {{ amount }} + 1.959964 * sqrt({{ variance }})
    end, 6)
{%- endmacro %}

{# 97.5 % point of Student's t: Cornish and Fisher's expansion, within 0.5 % from 3 degrees of freedom on. #}
{% macro student_t(degrees) -%}
    (
        1.959964 + 2.372271 / {{ degrees }} + 2.822499 / power({{ degrees }}, 2)
        + 2.555850 / power({{ degrees }}, 3) + 1.589536 / power({{ degrees }}, 4)
    )
{%- endmacro %}

{# Bounds of the 95 % interval of a mean or median of n amounts: Student's t on the logarithm, since amounts are skewed to
   the right; on the amount itself where the mean is not positive. #}
{% macro mean_low(mean, variance, cases) -%}
    round(case
        when {{ variance }} = 0 then null
        when {{ mean }} > 0 and {{ cases }} > 1
            then {{ mean }}
            * exp(-{{ student_t('(' ~ cases ~ ' - 1)') }} * sqrt({{ variance }}) / {{ mean }})
        when {{ cases }} > 1
            then {{ mean }} - {{ student_t('(' ~ cases ~ ' - 1)') }} * sqrt({{ variance }})
    end, 6)
{%- endmacro %}

{% macro mean_high(mean, variance, cases) -%}
    round(case
        when {{ variance }} = 0 then null
        when {{ mean }} > 0 and {{ cases }} > 1
            then {{ mean }}
            * exp({{ student_t('(' ~ cases ~ ' - 1)') }} * sqrt({{ variance }}) / {{ mean }})
        when {{ cases }} > 1
            then {{ mean }} + {{ student_t('(' ~ cases ~ ' - 1)') }} * sqrt({{ variance }})
    end, 6)
{%- endmacro %}

{# Trials that a plain proportion would need for the variance of a weighted one; where that is 0, as many as the weights
   are worth (Kish). NULL above 1, which is no proportion. #}
{% macro effective_trials(proportion, variance, weight, squared_weights) -%}
    case
        when {{ proportion }} < 0 or {{ proportion }} > 1 then null
        when {{ proportion }} < 1 and {{ variance }} > 0
            then {{ proportion }} * (1.0 - {{ proportion }}) / {{ variance }}
        when {{ proportion }} is not null
            then {{ weight }} * {{ weight }} / ({{ squared_weights }})
    end
{%- endmacro %}
