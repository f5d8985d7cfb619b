{# Columns that compare the share of a row, `successes` of `trials`, with that of all other rows: the share of the others, the score test of
   the difference, and half the width of its 95 % interval. `all_successes`, `all_trials` and `all_effective` are of everything together, the row included, whose design effect the others
   take. Null where fewer than 5 independent cases of either outcome are expected on either side, which the normal approximation needs. #}
{% macro level_against_rest(successes, trials, effective, all_successes, all_trials, all_effective) %}
    {%- set rest = 'nullif(' ~ all_trials ~ ' - ' ~ trials ~ ', 0)' -%}
    {%- set rest_effective = '(' ~ rest ~ ' * ' ~ all_effective ~ ' / ' ~ all_trials ~ ')' -%}
    {%- set share = '(' ~ all_successes ~ ' * 1.0 / nullif(' ~ all_trials ~ ', 0))' -%}
    {%- set error = 'sqrt(' ~ share ~ ' * (1 - ' ~ share ~ ') * (1 / ' ~ effective ~ ' + 1 / ' ~ rest_effective ~ '))' -%}
        ({{ all_successes }} - {{ successes }}) * 1.0 / {{ rest }} as rest_share,
        case
            when least({{ effective }}, {{ rest_effective }}) * least({{ share }}, 1 - {{ share }}) >= 5
                then
                    ({{ successes }} * 1.0 / {{ trials }} - ({{ all_successes }} - {{ successes }}) * 1.0 / {{ rest }})
                    / {{ error }}
        end as z_value,
        1.959963984540054 * {{ error }} as half_width
{%- endmacro %}
