{# Stops where so many users of the history of segments are in no raw table any more that a delivery is more likely to be incomplete than all of them to
   have been erased: their history is deleted with them, and cannot be rebuilt. #}
{% macro check_vanished_users() %}
    {%- if execute and load_relation(this) is not none -%}
        {%- set counts = run_query(
            "select count(distinct history.user_id), count(distinct history.user_id) filter (where users.user_id is null) from " ~ this ~ " as history left join "
            ~ ref('users') ~ " as users on history.user_id = users.user_id"
        ).rows[0] -%}
        {%- if counts[1] > var('max_vanished_share') * counts[0] -%}
            {{ exceptions.raise_compiler_error("Of the " ~ counts[0] ~ " users in the history of segments, " ~ counts[1] ~ " are in no raw table any more, and "
                ~ "their history would be deleted for good. If a raw table is incomplete, deliver it again. If these users are to be forgotten, say so for "
                ~ "one build: max_vanished_share: 1") }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
