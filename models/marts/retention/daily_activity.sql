with

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

activity_days as (

    select
        activity_days.user_id,
        activity_days.date_day,
        activity_days.logins

    from {{ ref('user_activity_days') }} as activity_days
    inner join observation on activity_days.date_day <= observation.as_of

),

-- for how many days an active day is the user's last one: until the next, 28 at most
numbered_days as (

    select
        date_day,
        logins,
        least(
            coalesce(
                {{ dbt.datediff('date_day', 'lead(date_day) over (partition by user_id order by date_day)', 'day') }},
                28
            ),
            28
        ) as days_to_next
    from activity_days

),

counted_days as (

    select
        date_day,
        days_to_next,
        count(*) as users,
        sum(logins) as logins

    from numbered_days
    group by date_day, days_to_next

),

-- a user enters the windows on an active day, and leaves each with the next active day or with the end of it
steps as (

    select
        date_day,
        users as active_users,
        logins,
        users as wau_step,
        users as mau_step
    from counted_days

    union all

    select
        cast({{ dbt.dateadd('day', 'least(days_to_next, 7)', 'date_day') }} as date) as date_day,
        0 as active_users,
        0 as logins,
        -users as wau_step,
        0 as mau_step
    from counted_days

    union all

    select
        cast({{ dbt.dateadd('day', 'days_to_next', 'date_day') }} as date) as date_day,
        0 as active_users,
        0 as logins,
        0 as wau_step,
        -users as mau_step
    from counted_days

),

summed_days as (

    select
        date_day,
        sum(active_users) as active_users,
        sum(logins) as logins,
        sum(wau_step) as wau_step,
        sum(mau_step) as mau_step

    from steps
    group by date_day

),

first_day as (

    select min(date_day) as date_day
    from counted_days

),

listed_days as (

    select
        days.date_day,
        coalesce(summed_days.active_users, 0) as active_users,
        coalesce(summed_days.logins, 0) as logins,
        coalesce(summed_days.wau_step, 0) as wau_step,
        coalesce(summed_days.mau_step, 0) as mau_step,
        {{ dbt.datediff('observation.log_started_on', 'days.date_day', 'day') }} + 1 as days_of_log

    from {{ ref('int_days_listed') }} as days
    inner join first_day on days.date_day >= first_day.date_day
    inner join observation on days.date_day <= observation.as_of
    left join summed_days on days.date_day = summed_days.date_day

),

cumulated_days as (

    select
        date_day,
        cast(active_users as bigint) as active_users,
        cast(logins as bigint) as logins,
        cast(sum(wau_step) over (order by date_day) as bigint) as wau,
        cast(sum(mau_step) over (order by date_day) as bigint) as mau,
        cast(sum(active_users) over (order by date_day rows between 6 preceding and current row) as bigint) as active_users_of_week,
        days_of_log >= 7 as is_wau_complete,
        days_of_log >= 28 as is_mau_complete

    from listed_days

),

final as (

    select
        date_day,
        active_users,
        wau,
        mau,
        logins,
        is_wau_complete,
        is_mau_complete,
        case when is_mau_complete then active_users * 1.0 / nullif(mau, 0) end as dau_over_mau,
        case when is_wau_complete then round(active_users_of_week / 7.0, 12) end as rolling_7d_active_users

    from cumulated_days

)

select * from final
