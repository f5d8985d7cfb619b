{# The names of columns as an error may print them: the first 20, each cut after 60 signs. Names that look like the values of a row are not
   printed at all, because a file without a header line has a person's in their place. #}
{% macro shown_names(names) %}
    {%- if names_are_values(names) -%}
        {{ return('(' ~ names | length ~ ' names that look like the values of a row: its first line is no header)') }}
    {%- endif -%}
    {%- set shown = [] -%}
    {%- for name in names[:20] -%}
        {%- set name = name | string -%}
        {%- do shown.append(name if name | length <= 60 else name[:60] ~ '...') -%}
    {%- endfor -%}
    {{ return(shown | join(', ') ~ (' ... and ' ~ (names | length - 20) ~ ' more' if names | length > 20 else '')) }}
{% endmacro %}
