{# A text of a raw table as marts may hold it: where it holds an e-mail address it becomes the level `(e-mail address)`. The test
   `marts_hold_no_personal_text` counts those. #}
{% macro public_text(text) -%}
    case when {{ looks_like_address(text) }} then '(e-mail address)' else {{ text }} end
{%- endmacro %}
