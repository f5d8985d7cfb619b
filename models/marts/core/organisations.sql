with

users as (

    select users.*
    from {{ ref('int_users_unioned') }} as users
    inner join {{ ref('int_observation_bounded') }} as observation
        on users.created_on <= observation.as_of
    where users.org_id is not null

),

adoption as (

    select
        user_id,
        {{ adoption_label() }} is not null as is_adopted,
        last_active_on
    from {{ ref('user_adoption') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

counted as (

    select
        users.org_id,
        count(*) as users,
        count(*) filter (where adoption.is_adopted) as adopted_users,
        count(adoption.last_active_on) as users_ever_active,
        max(adoption.last_active_on) as last_active_on

    from users
    left join adoption on users.user_id = adoption.user_id
    group by users.org_id

),

final as (

    select
        counted.org_id,
        counted.users,
        counted.users_ever_active,
        counted.adopted_users,
        counted.adopted_users * 1.0 / counted.users as adoption_rate,
        {{ wilson_bound('-', 'counted.adopted_users', 'counted.users') }} as ci_low,
        {{ wilson_bound('+', 'counted.adopted_users', 'counted.users') }} as ci_high,
        counted.last_active_on,
        observation.as_of

    from counted
    cross join observation

)

select * from final
