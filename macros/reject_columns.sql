{# The two columns that say why a row is set aside: `rejected_column` and `reject_reason`, both null for a good row. `checks` lists for each
   column of the contract its raw and its parsed form (SQL names), its kind and whether a value is required; the first problem counts. #}
{% macro reject_columns(checks) -%}
    {%- set unreadable = {
        'id': 'empty id' if var('id_type') == 'text' else 'not a whole number (for ids of another form set id_type: text)',
        'time': 'not a time (ISO 8601, for example 2025-12-31 23:59:59)',
        'boolean': 'neither true nor false',
        'unix_time': 'neither unix seconds nor a time',
        'number': "not a number (where a word stands for missing map it in inputs, for example nullif(age, 'unknown'))",
        'action': 'empty action',
        'track': 'empty track',
    } -%}
    {%- set problems = [('null', 'reading_problem is not null', 'reading_problem')] -%}
    {%- for check in checks -%}
        {%- if check.get('required') -%}
            {%- do problems.append((sql_text(check.column), check.raw ~ ' is null', sql_text('empty ' ~ check.kind))) -%}
        {%- endif -%}
        {%- if check.kind == 'time' -%}
            {%- do problems.append((
                sql_text(check.column),
                check.parsed ~ " is null and " ~ matches("trim(cast(" ~ check.raw ~ " as varchar))", "[0-9]+([.][0-9]*)?"),
                sql_text('a number, not a time (map unix time in inputs, for example epoch_ms(try_cast(... as bigint)))'),
            )) -%}
        {%- endif -%}
        {%- do problems.append((sql_text(check.column), check.raw ~ ' is not null and ' ~ check.parsed ~ ' is null', sql_text(unreadable[check.kind]))) -%}
        {%- if check.kind == 'time' -%}
            {%- do problems.append((
                sql_text(check.column),
                "not (" ~ check.parsed ~ " >= timestamp '1970-01-01' and " ~ check.parsed ~ " < timestamp '2100-01-01')",
                sql_text('impossible time: before 1970 or after 2099'),
            )) -%}
        {%- endif -%}
        {%- if check.kind == 'number' -%}
            {%- set low, high = check.range or [-1000000000, 1000000000] -%}
            {%- do problems.append((
                sql_text(check.column),
                'not (' ~ check.parsed ~ ' between ' ~ low ~ ' and ' ~ high ~ ')',
                sql_text('impossible value: outside ' ~ low ~ ' to ' ~ high),
            )) -%}
        {%- endif -%}
    {%- endfor %}
        case
            {%- for column, condition, reason in problems %}
            when {{ condition }} then {{ column }}
            {%- endfor %}
        end as rejected_column,
        case
            {%- for column, condition, reason in problems %}
            when {{ condition }} then {{ reason }}
            {%- endfor %}
        end as reject_reason
{%- endmacro %}
