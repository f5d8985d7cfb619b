{# The features by which users are segmented, in their order. `kept_in` says where each stands: in the telemetry (usage) or in user_features
   (activity). #}
{% macro segment_features() %}
    {%- set activity = activity_features() -%}
    {%- set features = [] -%}
    {%- for name in var('segment_features') -%}
        {%- do features.append({
            'name': name,
            'kept_in': 'activity' if name in activity else 'usage',
            'is_capped': name in var('capped_features'),
        }) -%}
    {%- endfor -%}
    {{ return(features) }}
{% endmacro %}
