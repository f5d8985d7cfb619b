{# The clock of snapshots is that of the data, so that a build tells the same on any day. #}
{% macro duckdb__snapshot_get_time() -%}
    (select max(observation.as_of) from {{ ref('int_observation_bounded') }} as observation)
{%- endmacro %}
