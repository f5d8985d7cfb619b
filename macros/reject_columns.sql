{# The two columns that say why a row is set aside: `rejected_column` and `reject_reason`, both null for a good row. `checks` lists for each
   column of the contract its raw and its parsed form (SQL names), its kind and whether a value is required; the first problem counts. A number with
   `before` is the milliseconds that something lasted before the time of that name. #}
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
    {%- set first_moment, end_of_time = local_midnight("timestamp '1970-01-01'"), local_midnight("timestamp '2100-01-01'") -%}
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
        {%- if check.kind in ['time', 'unix_time'] -%}
            {#- judged by the local day: a moment of 1970 in UTC can be one of 1969 on the clocks of `timezone` -#}
            {%- do problems.append((
                sql_text(check.column),
                'not (' ~ check.parsed ~ ' >= ' ~ first_moment ~ ' and ' ~ check.parsed ~ ' < ' ~ end_of_time ~ ')',
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
        {%- if check.before -%}
            {%- do problems.append((
                sql_text(check.column),
                'round(' ~ check.parsed ~ ') > ' ~ dbt.datediff(first_moment, check.before, 'millisecond'),
                sql_text('impossible time: it begins before 1970'),
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
