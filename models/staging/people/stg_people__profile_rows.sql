{{ config(materialized='table') }}
-- depends_on: {{ ref('stg_inputs__excluded_users') }}
{%- set checks = [{'column': 'user_id', 'raw': 'raw_user_id', 'parsed': 'user_id', 'kind': 'id', 'required': true}] -%}
{%- set levels, numbers = [], [] -%}
{%- for attribute in listed_settings('profile_attributes', ['name', 'type']) -%}
{%- set raw = 'attributes[' ~ sql_text(attribute.name) ~ ']' -%}
{%- if attribute.type == 'numeric' -%}
{%- set parsed = 'numbers[' ~ sql_text(attribute.name) ~ ']' -%}
{%- do numbers.append((attribute.name, parse_number(raw))) -%}
{%- do checks.append({'column': attribute.name, 'raw': raw, 'parsed': parsed, 'kind': 'number', 'range': attribute.range}) -%}
{%- else -%}
{%- do levels.append((attribute.name, "nullif(nullif(trim(" ~ raw ~ "), ''), '(missing)')")) -%}
{%- endif -%}
{%- endfor %}
with

raw_profiles as (

    select * from {{ ref('base_people__user_profiles') }}

),

parsed_profiles as (

    select
        user_id as raw_user_id,
        attributes,
        is_excluded as is_excluded_row,
        reading_problem,
        raw_text,
        source_file,
        source_row,
        {{ parse_id('user_id') }} as user_id,
        {{ named_values(levels, 'varchar') }} as levels,
        {{ named_values(numbers, 'double') }} as numbers

    from raw_profiles

),

checked_profiles as (

    select
        *,
        is_excluded_row or {{ excluded_user('user_id') }} as is_excluded,
        cast(levels as varchar) || cast(numbers as varchar) as content,
        {{ reject_columns(checks) }}

    from parsed_profiles

),

-- several profiles of one user: equal ones are one, and which of different ones holds nobody can say
compared_profiles as (

    select
        *,
        row_number() over (profiles order by source_file, source_row) as profile_number,
        min(content) over profiles <> max(content) over profiles as is_contradicted

    from checked_profiles
    window profiles as (partition by user_id, reject_reason is null and not is_excluded)

),

final as (

    select
        user_id,
        levels,
        numbers,
        is_excluded,
        raw_text,
        source_file,
        source_row,
        case
            when reject_reason is null and not is_excluded and (is_contradicted or profile_number > 1) then 'user_id'
            else rejected_column
        end as rejected_column,
        case
            when reject_reason is not null or is_excluded then reject_reason
            when is_contradicted then 'another profile of the same user says otherwise'
            when profile_number > 1 then 'exact duplicate of a profile'
        end as reject_reason

    from compared_profiles

)

select * from final
