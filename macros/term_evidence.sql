{# The columns of found_evidence for a term of a regression: its odds ratio, and in words what is compared. #}
{% macro term_evidence(kind, table, users='users', rows='null') %}
        {%- set compared -%}
            case
                when level is not null then replace(attribute, '_', ' ') || ' ' || level || coalesce(' rather than ' || reference_level, '')
                else 'each further unit of ' || replace(attribute, '_', ' ')
            end
        {%- endset %}
        {{- found_evidence(
            kind, 'attribute', sql_text(table), "'odds_ratio'", evidence_key(['model', 'term']), "'number'", 'odds_ratio',
            reference='1', ci_low='ci_low', ci_high='ci_high', users=users, rows=rows, level='level', reference_level='reference_level',
            detail=compared, p_value='p_value', q_value='q_value',
            is_significant='q_value < ' ~ var('test_alpha') ~ ' and (ci_low > 1 or ci_high < 1)', effect_low='ci_low', effect_high='ci_high'
        ) }}
{%- endmacro %}
