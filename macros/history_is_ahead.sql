{# Whether the history of segments has an entry later than `as_of`, so that a build that looks back must leave it as it is; warns where that is so. #}
{% macro history_is_ahead() %}
    {%- if execute and load_relation(this) is not none -%}
        {%- set newest = run_query("select max(greatest(dbt_valid_from, coalesce(dbt_valid_to, dbt_valid_from))) from " ~ this).rows[0][0] -%}
        {%- set as_of = run_query("select max(as_of) from " ~ ref('int_observation_bounded')).rows[0][0] -%}
        {%- if newest and as_of and as_of < newest -%}
            {%- do exceptions.warn("The history of segments goes up to " ~ newest ~ ", and this build looks back to " ~ as_of ~ ", so the history stays as it is. "
                ~ "To look back, build another warehouse: make build AS_OF=" ~ as_of) -%}
            {{ return(true) }}
        {%- endif -%}
    {%- endif -%}
    {{ return(false) }}
{% endmacro %}
