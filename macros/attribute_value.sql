{# Where the value of a declared attribute stands, in a query that joins profiles, attributes (of accounts) and adoption. #}
{% macro attribute_value(attribute) -%}
    {%- if attribute.kept_as == 'groups' -%}
        {{ number_group('profiles.numbers[' ~ sql_text(attribute.number) ~ ']', attribute.bins, attribute.labels) }}
    {%- elif attribute.name == 'adoption_status' -%}
        adoption.adoption_status
    {%- elif attribute.kept_as == 'account' -%}
        attributes.{{ attribute.name }}
    {%- elif attribute.type == 'numeric' -%}
        profiles.numbers[{{ sql_text(attribute.name) }}]
    {%- else -%}
        profiles.levels[{{ sql_text(attribute.name) }}]
    {%- endif -%}
{%- endmacro %}
