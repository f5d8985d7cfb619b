{%- set attributes = declared_attributes() -%}
with

users as (

    select * from {{ ref('int_users_described') }}

),

-- free text describes nobody in words that others share, and may hold anything
free_texts as (

    select attribute
    from {{ ref('int_attributes_sized') }}
    where has_too_many_levels

),

user_values as (
    {% for attribute in attributes %}
    {%- set value = ('numbers' if attribute.type == 'numeric' else 'levels') ~ '[' ~ sql_text(attribute.name) ~ ']' %}
    select
        user_id,
        '{{ attribute.name }}' as attribute,
        {{ 'cast(null as varchar)' if attribute.type == 'numeric' else value }} as level,
        {{ value if attribute.type == 'numeric' else 'cast(null as double)' }} as number
    from users
    where {{ value }} is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

final as (

    select
        user_id,
        attribute,
        level,
        number
    from user_values
    where attribute not in (select free_texts.attribute from free_texts)

)

select * from final
