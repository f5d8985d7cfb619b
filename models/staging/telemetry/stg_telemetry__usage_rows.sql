{{ config(materialized='table') }}
-- depends_on: {{ ref('stg_inputs__excluded_users') }}
{%- set columns = usage_columns() -%}
{%- set checks = [{'column': 'user_id', 'raw': 'raw_user_id', 'parsed': 'user_id', 'kind': 'id', 'required': true}] -%}
{%- for column in columns if column.kind == 'number' -%}
{#- what the contract counts or measures is never negative; what else a company brings may be -#}
{%- do checks.append({
    'column': column.name,
    'raw': 'raw_' ~ column.name,
    'parsed': column.name,
    'kind': 'number',
    'range': none if column.is_further else [0, 1000000000],
}) -%}
{%- endfor %}
with

raw_usage as (

    select * from {{ ref('base_telemetry__app_usage') }}

),

parsed_usage as (

    select
        user_id as raw_user_id,
        is_excluded as is_excluded_row,
        reading_problem,
        raw_text,
        source_file,
        source_row,
        {%- for column in columns %}
        {%- if column.kind == 'number' %}
        nullif(trim(cast({{ column.name }} as varchar)), '') as raw_{{ column.name }},
        {{ parse_number(column.name) }} as {{ column.name }},
        {%- else %}
        nullif(nullif(trim(cast({{ column.name }} as varchar)), ''), '(missing)') as {{ column.name }},
        {%- endif %}
        {%- endfor %}
        {{ parse_id('user_id') }} as user_id

    from raw_usage

),

checked_usage as (

    select
        *,
        is_excluded_row or {{ excluded_user('user_id') }} as is_excluded,
        {{ row_fingerprint('(' ~ columns | map(attribute='name') | join(', ') ~ ')') }} as content,
        {{ reject_columns(checks) }}

    from parsed_usage

),

-- several rows of one user: equal ones are one, and which of different ones holds nobody can say
compared_usage as (

    select
        *,
        row_number() over (rows_of_user order by source_file, source_row) as row_of_user,
        min(content) over rows_of_user <> max(content) over rows_of_user as is_contradicted

    from checked_usage
    window rows_of_user as (partition by user_id, reject_reason is null and not is_excluded)

),

final as (

    select
        user_id,
        {%- for column in columns %}
        {{ public_text(column.name) ~ ' as ' ~ column.name if column.kind == 'text' else column.name }},
        {%- endfor %}
        is_excluded,
        -- what nobody will ask for again is most of the table
        case when reject_reason is not null or is_contradicted or row_of_user > 1 then raw_text end as raw_text,
        source_file,
        source_row,
        case
            when reject_reason is null and not is_excluded and (is_contradicted or row_of_user > 1) then 'user_id'
            else rejected_column
        end as rejected_column,
        case
            when reject_reason is not null or is_excluded then reject_reason
            when is_contradicted then 'another row of the same user says otherwise'
            when row_of_user > 1 then 'exact duplicate of a row'
        end as reject_reason

    from compared_usage

)

select * from final
