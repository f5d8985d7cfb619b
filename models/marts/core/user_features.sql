with

users as (

    select * from {{ ref('int_users_unioned') }}

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

-- activity from the day of sign-up on for seven days, as far as it is known at as_of
first_weeks as (

    select
        activity_days.user_id,
        count(*) as active_days,
        sum(activity_days.logins) as logins

    from {{ ref('user_activity_days') }} as activity_days
    inner join adoption on activity_days.user_id = adoption.user_id
    where
        activity_days.logins > 0
        and activity_days.date_day >= adoption.created_on
        and activity_days.date_day <= {{ dbt.dateadd('day', 6, 'adoption.created_on') }}
        and activity_days.date_day <= adoption.as_of
    group by activity_days.user_id

),

-- the four weeks that end with as_of
last_weeks as (

    select
        activity_days.user_id,
        count(*) as active_days

    from {{ ref('user_activity_days') }} as activity_days
    inner join adoption on activity_days.user_id = adoption.user_id
    where
        activity_days.logins > 0
        and activity_days.date_day > {{ dbt.dateadd('day', -28, 'adoption.as_of') }}
        and activity_days.date_day <= adoption.as_of
    group by activity_days.user_id

),

joined as (

    select
        users.user_id,
        users.has_account,
        attributes.creation_source,
        attributes.invitation,
        coalesce(attributes.invitation = 'by an adopted user', false) as has_adopted_inviter,
        attributes.organisation_size,
        attributes.signup_weekday,

        {{ dbt.datediff('users.created_on', 'adoption.as_of', 'day') }} >= 6 as is_first_week_over,
        coalesce(first_weeks.active_days, 0) as first_week_active_days,
        coalesce(first_weeks.logins, 0) as first_week_logins,

        users.is_opted_in_to_mailing_list,
        users.is_enabled_for_marketing_drip,
        inviters.labelled_on is not null as is_invited_by_adopted_user,
        -- the accounts table's own last session, else the last day of the log
        coalesce(
            {{ dbt.datediff('users.created_at', 'users.last_session_at', 'second') }},
            {{ dbt.datediff('users.created_on', 'adoption.last_active_on', 'day') }} * 86400,
            0
        ) as activity_span_seconds,
        adoption.active_days,
        coalesce(last_weeks.active_days, 0) as active_days_last_28,
        {{ dbt.datediff('adoption.last_active_on', 'adoption.as_of', 'day') }} as days_since_last_active,
        {{ dbt.datediff('users.created_on', 'adoption.as_of', 'day') }} as days_since_signup,
        adoption.as_of

    from users
    inner join adoption on users.user_id = adoption.user_id
    left join attributes on users.user_id = attributes.user_id
    left join first_weeks on users.user_id = first_weeks.user_id
    left join last_weeks on users.user_id = last_weeks.user_id
    left join adoption as inviters on users.invited_by_user_id = inviters.user_id

),

final as (

    select
        user_id,
        creation_source,
        invitation,
        organisation_size,
        signup_weekday,
        is_opted_in_to_mailing_list,
        is_enabled_for_marketing_drip,
        active_days,
        as_of,
        cast(active_days_last_28 as integer) as active_days_last_28,
        cast(days_since_last_active as integer) as days_since_last_active,
        cast(days_since_signup as integer) as days_since_signup,
        case when has_account then has_adopted_inviter end as has_adopted_inviter,
        case when is_first_week_over then cast(first_week_active_days as integer) end as first_week_active_days,
        case when is_first_week_over then cast(first_week_logins as bigint) end as first_week_logins,
        case when has_account then is_invited_by_adopted_user end as is_invited_by_adopted_user,
        case when has_account then activity_span_seconds / 86400.0 end as activity_span_days,
        case when has_account then activity_span_seconds > 7 * 86400 end as is_active_after_7_days,
        case when has_account then activity_span_seconds > 30 * 86400 end as is_active_after_30_days

    from joined

)

select * from final
