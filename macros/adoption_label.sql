{# The column of user_adoption that holds the adoption date under the reading that the var `adoption_definition` names. #}
{% macro adoption_label() -%}
    {{- {'rolling': 'adopted_on', 'fixed_window': 'fixed_window_adopted_on', 'iso_week': 'iso_week_adopted_on'}[var('adoption_definition')] -}}
{%- endmacro %}
