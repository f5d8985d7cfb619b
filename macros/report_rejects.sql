{# Says at the end of a run that failed because too many rows were rejected where the reasons are. #}
{% macro report_rejects(results) %}
    {%- for result in results if execute and result.node.name == 'rejected_rows_are_a_small_share' and result.status == 'fail' -%}
        {%- do log("Too many rows were rejected. What is wrong with them: make query NAME=reasons_for_rejection, or the mart rejected_rows", info=true) -%}
    {%- endfor -%}
{% endmacro %}
