{# A path as a glob that matches this path alone: `*`, `?` and `[` are characters of a folder's or file's name. Addresses of object stores stay as they
   are. #}
{% macro sql_glob(path) -%}
    {{ return(path if '://' in path else modules.re.sub('([*?[])', '[\\1]', path)) }}
{%- endmacro %}
