{%- set attributes = declared_attributes() | rejectattr('type', 'equalto', 'numeric') | map(attribute='name') | list -%}
-- Users and performers by all attributes in one scan.
with

users as (

    select
        user_id,
        {%- for attribute in attributes %}
        levels['{{ attribute }}'] as {{ attribute }},
        {%- endfor %}
        org_id
    from {{ ref('int_users_described') }}

),

acting_users as (

    select
        users.*,
        acting.action
    from {{ ref('int_users_acting') }} as acting
    inner join users on acting.user_id = users.user_id

),

final as (

    select
        action,
        {{ attribute_and_level(attributes) }},
        org_id,
        count(*) as users

    from acting_users
    {{ attribute_sets(attributes, 'action, org_id') }}

)

select * from final
