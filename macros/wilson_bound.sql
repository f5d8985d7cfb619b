{# Lower (`sign` -) or upper (+) bound of Wilson's 95 % interval of a share (Wilson 1927), null for no trials. `effective_trials` says how many
   independent trials they are worth, where they are not independent. #}
{% macro wilson_bound(sign, successes, trials, effective_trials=none) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set n = '(' ~ (effective_trials or trials) ~ ' * 1.0)' -%}
    {%- set p = '(' ~ successes ~ ' * 1.0 / nullif(' ~ trials ~ ', 0))' -%}
    case when {{ trials }} > 0 then round({{ 'greatest(0.0, ' if sign == '-' else 'least(1.0, ' -}}
        ({{ p }} + {{ z * z / 2 }} / {{ n }} {{ sign }} {{ z }} * sqrt({{ p }} * (1 - {{ p }}) / {{ n }} + {{ z * z / 4 }} / ({{ n }} * {{ n }})))
        / (1 + {{ z * z }} / {{ n }})
    ), 12) end
{%- endmacro %}
