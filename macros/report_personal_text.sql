{# Says at the end of a run which columns hold personal text, how many rows, and the line to write. #}
{% macro report_personal_text(results) %}
    {%- for result in results if execute and result.node.name == 'marts_hold_no_personal_text' and result.status == 'warn' -%}
        {%- for row in run_query(result.node.compiled_code ~ ' order by 1, 2, 4').rows -%}
            {%- do log("Personal text: " ~ row['mart_rows'] ~ " rows of " ~ row['table_name'] ~ "." ~ row['column_name'] ~ " " ~ row['finding'] ~ ". To change that, "
                ~ row['remedy'], info=true) -%}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}
