{# How many independent users a level's interval is worth: fewer where users come in organisations, and where organisations are few. #}
{% macro effective_trials(prefix) -%}
    round(
        {{ prefix }}_trials
        / {{ design_effect(prefix) }}
        / case
            when {{ prefix }}_trials_squared = {{ prefix }}_trials then 1.0
            else {{ t_inflation(prefix ~ '_degrees') }}
        end,
        9
    )
{%- endmacro %}
