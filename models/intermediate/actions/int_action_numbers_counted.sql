{%- set attributes = declared_attributes() | selectattr('type', 'equalto', 'numeric') | map(attribute='name') | list -%}
-- Sums of each numeric attribute over performers and over the others, by organisation. Decimals, because their sums do not depend on the
-- order of the rows.
with

users as (

    select * from {{ ref('int_users_described') }}

),

numbers as (
    {% for attribute in attributes %}
    select
        user_id,
        org_id,
        '{{ attribute }}' as attribute,
        cast(numbers['{{ attribute }}'] as decimal(18, 6)) as number
    from users
    where numbers['{{ attribute }}'] is not null
    {{ "union all" if not loop.last }}
    {%- else %}
    select
        user_id,
        org_id,
        cast(null as varchar) as attribute,
        cast(null as decimal(18, 6)) as number
    from users
    where false
    {%- endfor %}

),

everybody as (

    select
        attribute,
        org_id,
        count(*) as users,
        sum(number) as total,
        sum(number * number) as squares
    from numbers
    group by attribute, org_id

),

sums_of_performers as (

    select
        acting.action,
        numbers.attribute,
        numbers.org_id,
        count(*) as users,
        sum(numbers.number) as total,
        sum(numbers.number * numbers.number) as squares

    from {{ ref('int_users_acting') }} as acting
    inner join numbers on acting.user_id = numbers.user_id
    where acting.action is not null
    group by acting.action, numbers.attribute, numbers.org_id

),

actions as (

    select distinct action
    from {{ ref('int_users_acting') }}
    where action is not null

),

final as (

    select
        actions.action,
        everybody.attribute,
        everybody.org_id,
        everybody.users,
        coalesce(performers.users, 0) as performers,
        coalesce(performers.total, 0) as performers_total,
        coalesce(performers.squares, 0) as performers_squares,
        everybody.total - coalesce(performers.total, 0) as others_total,
        everybody.squares - coalesce(performers.squares, 0) as others_squares

    from everybody
    cross join actions
    left join sums_of_performers as performers
        on
            actions.action = performers.action
            and everybody.attribute = performers.attribute
            and coalesce(cast(everybody.org_id as varchar), '') = coalesce(cast(performers.org_id as varchar), '')

)

select * from final
