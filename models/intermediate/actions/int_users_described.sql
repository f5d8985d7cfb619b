{%- set levels, numbers = [], [] -%}
{%- for attribute in declared_attributes() -%}
{%- do (numbers if attribute.type == 'numeric' else levels).append((attribute.name, attribute_value(attribute))) -%}
{%- endfor -%}
-- Users of whom it can be said that they did not perform an action: those with an account or a profile. Accounts of after as_of are not
-- yet there.
with

users as (

    select
        users.user_id,
        users.org_id
    from {{ ref('int_users_unioned') }} as users
    cross join {{ ref('int_observation_bounded') }} as observation
    where
        (users.has_account or users.has_profile)
        and coalesce(users.created_on <= observation.as_of, true)

),

profiles as (

    select * from {{ ref('stg_people__user_profiles') }}

),

attributes as (

    select * from {{ ref('int_users_attributed') }}

),

adoption as (

    select * from {{ ref('user_adoption') }}

),

-- organisations from the largest to the smallest, dealt out over the folds
organisations as (

    select
        org_id,
        row_number() over (
            order by count(*) desc, org_id asc
        ) as cluster_number

    from users
    where org_id is not null
    group by org_id

),

final as (

    select
        users.user_id,
        users.org_id,
        organisations.cluster_number,
        {{ evaluation_fold('organisations.cluster_number', 'users.user_id') }} as fold,
        {{ named_values(levels, 'varchar') }} as levels,
        {{ named_values(numbers, 'double') }} as numbers

    from users
    left join profiles on users.user_id = profiles.user_id
    left join attributes on users.user_id = attributes.user_id
    left join adoption on users.user_id = adoption.user_id
    left join organisations on users.org_id = organisations.org_id

)

select * from final
