{# A number as text without needless decimals: 2 and 2.5. #}
{% macro number_text(number) -%}
    rtrim(rtrim(cast(cast({{ number }} as decimal(28, 6)) as varchar), '0'), '.')
{%- endmacro %}
