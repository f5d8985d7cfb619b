{%- set attributes = declared_attributes() -%}
-- Who are the users? Their attributes side by side, and which actions they performed.
with

performed as (

    select
        user_id,
        string_agg(distinct action, ', ' order by action) as actions
    from {{ ref('user_actions') }}
    group by user_id

),

described as (

    select
        {%- for attribute in attributes %}
        {%- set column = 'number' if attribute.type == 'numeric' else 'level' %}
        max({{ column }}) filter (where attribute = '{{ attribute.name }}') as {{ attribute.name }},
        {%- endfor %}
        user_id
    from {{ ref('user_attributes') }}
    group by user_id

)

select
    described.*,
    performed.actions
from described
left join performed on described.user_id = performed.user_id
order by described.user_id
