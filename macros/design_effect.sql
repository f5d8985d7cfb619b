{# How many times larger the variance of a level's share is than if its users were independent: one plus the correlation within organisations
   times the size of the organisation, less one, in which a user finds themselves on average (Kish 1965). #}
{% macro design_effect(prefix) -%}
    round(1 + {{ prefix }}_correlation * ({{ prefix }}_trials_squared * 1.0 / nullif({{ prefix }}_trials, 0) - 1), 9)
{%- endmacro %}
