{# How alike the users of one organisation are, 0 to 1: the correlation that would give the variance between organisations that Rao and Scott's
   (1992) estimator finds, pooled over the levels of an attribute. 1 where it cannot be estimated, which takes an organisation for one user; 0
   where every user is a cluster of one. Takes the sums of clustered_counts, in a query with one row per level; `within` names what an attribute is. #}
{% macro intraclass_correlation(prefix, within='attribute') -%}
    {%- set n, s, clusters = prefix ~ '_trials', prefix ~ '_successes', prefix ~ '_clusters' -%}
    {%- set p = '(' ~ s ~ ' * 1.0 / nullif(' ~ n ~ ', 0))' -%}
    {%- set variance = '(' ~ s ~ ' * (1 - ' ~ p ~ '))' -%}
    case
        when sum({{ prefix }}_trials_squared - {{ n }}) over (partition by {{ within }}) = 0 then 0.0
        else round(least(1.0, greatest(0.0, coalesce(
            sum(
                case when {{ clusters }} > 1 then
                    {{ clusters }} * 1.0 / ({{ clusters }} - 1)
                    * ({{ prefix }}_successes_squared - 2 * {{ p }} * {{ prefix }}_products + {{ p }} * {{ p }} * {{ prefix }}_trials_squared)
                    - {{ variance }}
                end
            ) over (partition by {{ within }})
            / nullif(sum(
                case when {{ clusters }} > 1 then ({{ prefix }}_trials_squared - {{ n }}) * {{ variance }} / {{ n }} end
            ) over (partition by {{ within }}), 0),
            1.0
        ))), 9)
    end
{%- endmacro %}
