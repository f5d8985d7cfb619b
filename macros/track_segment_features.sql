{# The features by which tracks are segmented, in their order: columns of track_features, and whether each is capped. #}
{% macro track_segment_features() %}
    {%- set features = [] -%}
    {%- for name in var('track_segment_features') -%}
        {%- do features.append({'name': name, 'is_capped': name in var('track_capped_features')}) -%}
    {%- endfor -%}
    {{ return(features) }}
{% endmacro %}
