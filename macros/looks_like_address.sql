{# Whether a text holds something that looks like an e-mail address: signs, @, signs, and after the last dot two that are no digits, so that
   react@18.2.0 is none. In links @ is written as %40. The look for either sign is what nearly every text costs; the regular expression
   is for those that have one. #}
{% macro looks_like_address(text) -%}
    (contains({{ text }}, '@') or contains({{ text }}, '%40'))
    and {{ matches(text, '(?s).*[^@ ](@|%40)[^@ ]+[.][^@ .0-9][^@ .0-9].*') }}
{%- endmacro %}
