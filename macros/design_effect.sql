{# The design effect of an attribute: how many times larger the variance of its levels' shares is than if all users were independent (Rao and
   Scott 1992), at least 1. Pooled over the levels, each weighted by its binomial variance. Takes the sums of clustered_counts. #}
{% macro design_effect(prefix) -%}
    {%- set n, s = prefix ~ '_trials', prefix ~ '_successes' -%}
    {%- set p = '(' ~ s ~ ' * 1.0 / nullif(' ~ n ~ ', 0))' -%}
    round(greatest(1.0, coalesce(
        sum(
            {{ prefix }}_clusters * 1.0 / nullif({{ prefix }}_clusters - 1, 0)
            * ({{ prefix }}_successes_squared - 2 * {{ p }} * {{ prefix }}_products + {{ p }} * {{ p }} * {{ prefix }}_trials_squared)
        ) over (partition by attribute)
        / nullif(sum(
            case when {{ prefix }}_clusters > 1 then {{ s }} * (1 - {{ p }}) end
        ) over (partition by attribute), 0),
        1.0
    )), 9)
{%- endmacro %}
