{# The fields of one CSV line as a list, null where its quoting is malformed. A line without quotes is split at its commas; any other must
   be well-formed from end to end. #}
{% macro csv_fields(line) -%}
    case
        when not contains({{ line }}, '"') then string_split({{ line }}, ',')
        when regexp_full_match(',' || {{ line }}, '(?:,(?:"(?:[^"]|"")*"|[^",][^,]*|))*')
            then regexp_extract_all(',' || {{ line }}, ',("(?:[^"]|"")*"|[^",][^,]*|)', 1)
    end
{%- endmacro %}
