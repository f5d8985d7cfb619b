{%- set attributes = declared_attributes() -%}
with

users as (

    select * from {{ ref('int_users_described') }}

),

final as (
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

)

select * from final
