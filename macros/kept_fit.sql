{# The table that a model left behind in the run before, for `refit: never`. Stops where there is none, or where it is of other features than
   the setting now names. #}
{% macro kept_fit(setting) %}
    {%- if execute -%}
        {%- if load_relation(this) is none -%}
            {{ exceptions.raise_compiler_error("refit is 'never', but nothing has been fitted in this warehouse yet; build once with refit: always") }}
        {%- endif -%}
        {%- set fitted = run_query("select feature from " ~ this ~ " order by feature").columns[0].values() | list -%}
        {%- if fitted != var(setting) | sort -%}
            {{ exceptions.raise_compiler_error("refit is 'never', but " ~ setting ~ " has changed: the last fit is of " ~ fitted | join(', ')
                ~ "; build once with refit: always") }}
        {%- endif -%}
    {%- endif -%}
    {{ return(this) }}
{% endmacro %}
