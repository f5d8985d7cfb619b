{# Whether the names of columns look like the values of a row, as they do where a file has no header line: one of them holds an e-mail address,
   or is a number, a date or a UUID. #}
{% macro names_are_values(names) %}
    {%- for name in names -%}
        {%- for part in modules.re.split('[;|\t]', name | string) -%}
            {%- if modules.re.search('[^@ ](@|%40)[^@ ]+[.][^@ .0-9][^@ .0-9]', part)
                or modules.re.match('^["\\s]*([+-]?[0-9][0-9.,]*|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([T ].*)?|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})["\\s]*$', part) -%}
                {{ return(true) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(false) }}
{% endmacro %}
