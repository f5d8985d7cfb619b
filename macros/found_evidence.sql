{# The columns of a row of a mart that a recommendation may rest on. `effect_low` and `effect_high` are the interval of the effect, all of which has to
   be beyond the threshold of a rule; without them the effect itself. `is_significant` is the
   mart's own finding; without it the q-value decides, which is worked out of the p-values of all rows of one kind where the mart has none. #}
{% macro found_evidence(
    kind, subject, table, column, key, unit, effect, value=none, reference='null', ci_low='null', ci_high='null', users='null', rows='null',
    level='null', reference_level='null', detail='null', p_value='null', q_value='null', is_significant='null', effect_low='null', effect_high='null'
) %}
        '{{ kind }}' as kind,
        cast({{ subject }} as varchar) as subject,
        cast({{ level }} as varchar) as level,
        cast({{ reference_level }} as varchar) as reference_level,
        cast({{ detail }} as varchar) as detail,
        cast({{ table }} as varchar) as evidence_table,
        cast({{ column }} as varchar) as evidence_column,
        cast({{ key }} as varchar) as evidence_key,
        cast({{ unit }} as varchar) as unit,
        cast({{ value or effect }} as double) as evidence_value,
        cast({{ reference }} as double) as reference_value,
        round(cast({{ effect }} as double), 9) as effect,
        round(cast({{ effect_low }} as double), 9) as effect_low,
        round(cast({{ effect_high }} as double), 9) as effect_high,
        cast({{ ci_low }} as double) as ci_low,
        cast({{ ci_high }} as double) as ci_high,
        cast({{ users }} as bigint) as users,
        cast({{ rows }} as bigint) as rows,
        cast({{ p_value }} as double) as p_value,
        cast({{ q_value }} as double) as q_value,
        cast({{ is_significant }} as boolean) as is_significant
{%- endmacro %}
