{# The columns of one headline figure: what it is called, what it is, how far it can be trusted, and the rows of the mart that hold it. #}
{% macro headline(metric, value, evidence_key, ci_low='null', ci_high='null', users='null', rows='null', verdict='null', note='null') %}
        '{{ metric }}' as metric,
        cast({{ value }} as double) as value,
        cast({{ ci_low }} as double) as ci_low,
        cast({{ ci_high }} as double) as ci_high,
        cast({{ users }} as bigint) as users,
        cast({{ rows }} as bigint) as rows,
        cast({{ evidence_key }} as varchar) as evidence_key,
        cast({{ verdict }} as varchar) as verdict,
        cast({{ note }} as varchar) as note
{%- endmacro %}
