{# Says at the end of a run that failed because too many rows were rejected what is wrong with them. #}
{% macro report_rejects(results) %}
    {%- for result in results if execute and result.node.name == 'rejected_rows_are_a_small_share' and result.status == 'fail' -%}
        {%- do show_analyses(['reasons_for_rejection']) -%}
    {%- endfor -%}
{% endmacro %}
