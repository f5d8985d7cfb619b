{# The part of an evaluation that a user belongs to: organisations are dealt out as a whole, by their number, other users by their id. #}
{% macro evaluation_fold(cluster_number, user_id) -%}
    coalesce({{ cluster_number }}, {{ stable_number(user_id, 1000000007) }}) % {{ var('evaluation_folds') }}
{%- endmacro %}
