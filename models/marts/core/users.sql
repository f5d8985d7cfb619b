with

users as (

    select * from {{ ref('int_users_unioned') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

final as (

    select
        users.user_id,
        users.org_id,
        users.invited_by_user_id,
        users.has_account,
        users.has_profile,
        users.has_usage,
        users.has_plays,

        users.creation_source,
        users.is_opted_in_to_mailing_list,
        users.is_enabled_for_marketing_drip,

        users.created_at,
        users.created_on,
        users.last_session_at,
        observation.as_of

    from users
    cross join observation

)

select * from final
