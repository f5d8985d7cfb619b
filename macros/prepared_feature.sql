{# A feature as it enters the fit, before it is standardised: the median where it is missing, capped. Its row is
   called `listed`; `limits` is a row of feature_columns. #}
{% macro prepared_feature(feature, limits) -%}
    {%- set of_feature = limits ~ '.' ~ feature.name -%}
    least(greatest(coalesce(listed.{{ feature.name }}, {{ of_feature }}_median), {{ of_feature }}_low), {{ of_feature }}_high)
{%- endmacro %}
