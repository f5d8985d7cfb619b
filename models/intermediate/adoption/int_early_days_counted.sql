{%- set starts_after = var('threshold_retention_starts_after_days') -%}
{%- set retention_days = var('threshold_retention_days') -%}
-- Users by how often they were active in the first days of their own life and whether they were in one later period, the same for all. Only
-- users observed from sign-up to the end of that period: nobody can fail a test that has not ended.
with

users as (

    select
        user_id,
        created_on
    from {{ ref('user_adoption') }}
    where
        is_observed_from_signup
        and {{ dbt.datediff('created_on', 'as_of', 'day') }} >= {{ starts_after }} + {{ retention_days }} - 1

),

activity as (

    select
        users.user_id,
        {{ dbt.datediff('users.created_on', 'activity_days.date_day', 'day') }} as day_number

    from users
    inner join {{ ref('user_activity_days') }} as activity_days
        on users.user_id = activity_days.user_id
    where activity_days.logins > 0

),

users_with_days as (

    select
        users.user_id,
        {%- for window_days in var('threshold_window_days') %}
        count(activity.day_number) filter (
            where activity.day_number >= 0 and activity.day_number < {{ window_days }}
        ) as active_days_in_{{ window_days }},
        {%- endfor %}
        count(activity.day_number) filter (
            where activity.day_number >= {{ starts_after }} and activity.day_number < {{ starts_after + retention_days }}
        ) > 0 as is_retained

    from users
    left join activity on users.user_id = activity.user_id
    group by users.user_id

),

counted as (
    {% for window_days in var('threshold_window_days') %}
    select
        {{ window_days }} as window_days,
        active_days_in_{{ window_days }} as active_days,
        count(*) as users,
        count(*) filter (where is_retained) as retained_users
    from users_with_days
    group by active_days_in_{{ window_days }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

final as (

    select * from counted

)

select * from final
