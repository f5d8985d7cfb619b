{# A time written as month/day/year hour:minute in ISO form; what is no such time stays something that no cast takes. #}
{% macro month_first_time(text) -%}
    regexp_replace(
        regexp_replace({{ text }}, '^([0-9]+)/([0-9]+)/([0-9]{4}) ([0-9]+):([0-9]{2})', '\3-0\1-0\2 0\4:\5'),
        '([- ])0([0-9]{2})', '\1\2', 'g'
    )
{%- endmacro %}
