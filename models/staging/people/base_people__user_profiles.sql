-- depends_on: {{ source('people', 'user_profiles') }}
{%- set columns = [] -%}
{%- for attribute in listed_settings('profile_attributes', ['name', 'type']) -%}
{%- set text = 'cast(' ~ attribute.name ~ ' as varchar)' -%}
{%- do columns.append((attribute.name, text if attribute.type == 'numeric' else public_text(text))) -%}
{%- endfor %}
with

profiles as (

    {{ raw_rows('people', 'user_profiles') }}

)

select
    user_id,
    {{ named_values(columns, 'varchar') }} as attributes,
    is_excluded,
    reading_problem,
    raw_text,
    source_file,
    source_row
from profiles
