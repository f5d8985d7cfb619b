-- Users observed by as_of, with what was known of them when they signed up and the day on which they adopted.
with

users as (

    select * from {{ ref('int_users_unioned') }}
    where known_from is not null

),

attributes as (

    select * from {{ ref('int_users_attributed') }}

),

adoption as (

    select
        *,
        {{ adoption_label() }} as labelled_on
    from {{ ref('user_adoption') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

final as (

    select
        users.user_id,
        users.org_id,
        users.known_from as observed_from,
        adoption.labelled_on,
        attributes.creation_source,
        attributes.invitation,
        attributes.organisation_size,
        attributes.signup_weekday,
        attributes.signup_month,
        coalesce(users.has_account and users.created_on >= observation.activity_started_on, false) as is_observed_from_signup

    from users
    inner join observation on users.known_from <= observation.as_of
    left join adoption on users.user_id = adoption.user_id
    left join attributes on users.user_id = attributes.user_id

)

select * from final
