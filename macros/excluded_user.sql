{# Whether a row belongs to a user whom a rule of `inputs` excludes. Costs nothing where there is no such rule. #}
{% macro excluded_user(user_id) -%}
    {%- if has_exclusions() -%}
    coalesce({{ user_id }} in (select user_id from {{ ref('stg_inputs__excluded_users') }}), false)
    {%- else -%}
    false
    {%- endif -%}
{%- endmacro %}
