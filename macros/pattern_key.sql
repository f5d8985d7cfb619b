{# All features of a row in one text. Rows with equal keys are one covariate pattern: a regression cannot tell them apart. #}
{% macro pattern_key(features) -%}
    concat_ws(
        chr(31)
        {%- for feature in features -%}
        , coalesce(cast({{ pattern_value(feature) }} as varchar), '')
        {%- endfor %}
    )
{%- endmacro %}
