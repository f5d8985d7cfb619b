{# SQL for how often chance is as far from 0 as a standard normal number, to either side (Abramowitz and Stegun 1964, 26.2.17: within 2e-7). #}
{% macro two_sided_p_value(z) -%}
    {%- set t = '(1 / (1 + 0.2316419 * abs(' ~ z ~ ')))' -%}
    2 * exp(-pow({{ z }}, 2) / 2) * 0.3989422804014327 * {{ t }}
    * (0.319381530 + {{ t }} * (-0.356563782 + {{ t }} * (1.781477937 + {{ t }} * (-1.821255978 + {{ t }} * 1.330274429))))
{%- endmacro %}
