{%- set attributes = declared_attributes() | selectattr('type', 'equalto', 'numeric') | map(attribute='name') | list -%}
-- The values of each numeric attribute in a sample of the users: what performers could have had by chance.
with

users as (

    select *
    from {{ ref('int_users_described') }}
    qualify row_number() over (order by {{ stable_number('user_id', 1000000007) }}, user_id) <= {{ var('fit_sample_users') }}

),

final as (
    {% for attribute in attributes %}
    select
        '{{ attribute }}' as attribute,
        numbers['{{ attribute }}'] as number,
        count(*) as users
    from users
    where numbers['{{ attribute }}'] is not null
    group by numbers['{{ attribute }}']
    {{ "union all" if not loop.last }}
    {%- else %}
    select
        cast(null as varchar) as attribute,
        cast(null as double) as number,
        count(*) as users
    from users
    where false
    group by user_id
    {%- endfor %}

)

select * from final
