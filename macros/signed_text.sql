{# A number with its sign and two decimals, as text: +1.30. #}
{% macro signed_text(number) -%}
    case when {{ number }} < 0 then '-' else '+' end || cast(cast(abs({{ number }}) as decimal(18, 2)) as varchar)
{%- endmacro %}
