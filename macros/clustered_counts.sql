{# Sums over the organisations of a group that its rate and its design effect need, all of them whole numbers, so that they do not depend on the
   order of the rows. A user without an organisation is a cluster of one; such users stand together in the row whose org_id is null. #}
{% macro clustered_counts(successes, trials, prefix, cluster='org_id') %}
        cast(sum({{ trials }}) as bigint) as {{ prefix }}_trials,
        cast(sum({{ successes }}) as bigint) as {{ prefix }}_successes,
        cast(sum(case when {{ cluster }} is null then {{ trials }} when {{ trials }} > 0 then 1 else 0 end) as bigint) as {{ prefix }}_clusters,
        sum(case when {{ cluster }} is null then {{ successes }} else {{ successes }} * {{ successes }} end) as {{ prefix }}_successes_squared,
        sum(case when {{ cluster }} is null then {{ successes }} else {{ successes }} * {{ trials }} end) as {{ prefix }}_products,
        sum(case when {{ cluster }} is null then {{ trials }} else {{ trials }} * {{ trials }} end) as {{ prefix }}_trials_squared
{%- endmacro %}
