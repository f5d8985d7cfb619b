-- Users whose staying is followed, and from when: from the sign-up, and from the first day on which segments were known long enough ago.
with

users as (

    select * from {{ ref('int_users_followed') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

segment_origin as (

    select min(history.valid_from) as origin_on
    from {{ ref('segment_history') }} as history
    inner join observation on history.valid_from <= {{ dbt.dateadd('day', -var('churn_days'), 'observation.as_of') }}

),

segment_members as (

    select
        history.user_id,
        history.segment_name,
        segment_origin.origin_on

    from {{ ref('segment_history') }} as history
    inner join segment_origin on history.valid_from = segment_origin.origin_on

),

activity_by_origin as (

    select
        activity_days.user_id,
        max(activity_days.date_day) as last_active_on

    from {{ ref('user_activity_days') }} as activity_days
    inner join segment_origin on activity_days.date_day <= segment_origin.origin_on
    group by activity_days.user_id

),

final as (

    select
        'sign-up' as origin,
        user_id,
        org_id,
        observed_from as origin_on,
        observed_from as last_active_on,
        -- the first days of others are unknown
        is_observed_from_signup as is_at_risk,
        cast(null as varchar) as segment,
        creation_source,
        invitation,
        organisation_size,
        signup_weekday,
        signup_month
    from users

    union all

    select
        'segment' as origin,
        segment_members.user_id,
        users.org_id,
        segment_members.origin_on,
        activity_by_origin.last_active_on,
        -- who was silent already cannot leave
        coalesce(
            {{ dbt.datediff('activity_by_origin.last_active_on', 'segment_members.origin_on', 'day') }} < {{ var('churn_days') }},
            false
        ) as is_at_risk,
        segment_members.segment_name as segment,
        users.creation_source,
        users.invitation,
        users.organisation_size,
        users.signup_weekday,
        users.signup_month
    from segment_members
    inner join users on segment_members.user_id = users.user_id
    left join activity_by_origin on segment_members.user_id = activity_by_origin.user_id

)

select * from final
