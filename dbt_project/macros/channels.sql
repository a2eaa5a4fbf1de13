{#- Audience that a channel speaks of; NULL where the channel alone does not tell. The other channels are those of the site. -#}
{% macro audience_of_channel(channel_name) -%}
    case {{ channel_name }}
        when 'Email' then 'email'
        when 'Trade Show' then 'trade_show'
        when 'Shop' then 'footfall'
        when 'Phone' then 'other'
    end
{%- endmacro %}
