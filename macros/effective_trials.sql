{# How many independent users a level's interval is worth: fewer where users come in organisations, and where organisations
   are few, or few hold most of the users: t has one degree of freedom less than organisations of equal size that would tell as much. #}
{% macro effective_trials(prefix) -%}
    round(
        {{ prefix }}_trials
        / {{ design_effect(prefix) }}
        / case
            when {{ prefix }}_trials_squared = {{ prefix }}_trials then 1.0
            else {{ t_inflation('greatest(' ~ prefix ~ '_trials * 1.0 * ' ~ prefix ~ '_trials / ' ~ prefix ~ '_trials_squared - 1, 1)') }}
        end,
        9
    )
{%- endmacro %}
