{# Incremental strategy `replace`: every key that the new rows name is built anew. A row that is null in all other columns only says that
   its key is to go. #}
{% macro get_incremental_replace_sql(arguments) %}
    {%- set key = arguments['unique_key'] -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='name') | list -%}
    delete from {{ arguments['target_relation'] }}
    where {{ key }} in (select {{ key }} from {{ arguments['temp_relation'] }});

    insert into {{ arguments['target_relation'] }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }}
    from {{ arguments['temp_relation'] }}
    where {% for column in columns if column != key %}{{ column }} is not null{{ ' or ' if not loop.last }}{% endfor %}
{% endmacro %}
