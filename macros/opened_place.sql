{# What has to be opened to read a path or glob: the path itself, or the folder in which the glob begins. #}
{% macro opened_place(place) %}
    {%- set start = modules.re.split('[*?[]', place)[0] -%}
    {{ return(place if start == place else start.rpartition('/')[0] ~ '/') }}
{% endmacro %}
