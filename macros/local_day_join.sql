{# The join that `local_day` needs. #}
{% macro local_day_join(timestamp_at) -%}
    {%- if var('timezone') != 'UTC' -%}
    left join {{ ref('int_days_offset') }} as int_days_offset on cast({{ timestamp_at }} as date) = int_days_offset.date_day
    {%- endif -%}
{%- endmacro %}
