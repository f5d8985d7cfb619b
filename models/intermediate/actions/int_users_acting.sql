-- Every user who is counted once with no action, and once more with each action performed by as_of: what is asked of users and of
-- performers is then asked in one pass.
with

users as (

    select user_id
    from {{ ref('int_users_described') }}

),

actions as (

    select distinct
        actions.user_id,
        actions.action
    from {{ ref('user_actions') }} as actions
    cross join {{ ref('int_observation_bounded') }} as observation
    where coalesce(actions.date_day <= observation.as_of, true)

),

final as (

    select
        user_id,
        cast(null as varchar) as action
    from users

    union all

    select
        actions.user_id,
        actions.action
    from actions
    inner join users on actions.user_id = users.user_id

)

select * from final
