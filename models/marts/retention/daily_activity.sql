with

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

activity_days as (

    select
        activity_days.user_id,
        activity_days.date_day,
        activity_days.logins,
        activity_days.actions,
        activity_days.plays

    from {{ ref('user_activity_days') }} as activity_days
    inner join observation on activity_days.date_day between observation.activity_started_on and observation.as_of

),

-- for how many days an active day is the user's last one: until the next, 28 at most
numbered_days as (

    select
        date_day,
        logins,
        actions,
        plays,
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
        sum(logins) as logins,
        sum(actions) as actions,
        sum(plays) as plays

    from numbered_days
    group by date_day, days_to_next

),

-- a user enters the windows on an active day, and leaves each with the next active day or with the end of it
steps as (

    select
        date_day,
        users as active_users,
        logins,
        actions,
        plays,
        users as wau_step,
        users as mau_step
    from counted_days

    union all

    select
        cast({{ dbt.dateadd('day', 'least(days_to_next, 7)', 'date_day') }} as date) as date_day,
        0 as active_users,
        0 as logins,
        0 as actions,
        0 as plays,
        -users as wau_step,
        0 as mau_step
    from counted_days

    union all

    select
        cast({{ dbt.dateadd('day', 'days_to_next', 'date_day') }} as date) as date_day,
        0 as active_users,
        0 as logins,
        0 as actions,
        0 as plays,
        0 as wau_step,
        -users as mau_step
    from counted_days

),

summed_days as (

    select
        date_day,
        sum(active_users) as active_users,
        sum(logins) as logins,
        sum(actions) as actions,
        sum(plays) as plays,
        sum(wau_step) as wau_step,
        sum(mau_step) as mau_step

    from steps
    group by date_day

),

listening as (

    select
        started_on,
        sum(ms_played) as ms_played,
        count(is_skip) as judged_plays,
        count(*) filter (where is_skip) as skips

    from {{ ref('plays') }}
    group by started_on

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
        coalesce(summed_days.actions, 0) as actions,
        coalesce(summed_days.plays, 0) as plays,
        coalesce(summed_days.wau_step, 0) as wau_step,
        coalesce(summed_days.mau_step, 0) as mau_step,
        {{ dbt.datediff('observation.activity_started_on', 'days.date_day', 'day') }} + 1 as days_of_log

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
        cast(actions as bigint) as actions,
        cast(plays as bigint) as plays,
        cast(sum(wau_step) over (order by date_day) as bigint) as wau,
        cast(sum(mau_step) over (order by date_day) as bigint) as mau,
        cast(sum(active_users) over (order by date_day rows between 6 preceding and current row) as bigint) as active_users_of_week,
        cast(sum(plays) over (order by date_day rows between 6 preceding and current row) as bigint) as plays_of_week,
        days_of_log >= 7 as is_wau_complete,
        days_of_log >= 28 as is_mau_complete

    from listed_days

),

final as (

    select
        days.date_day,
        days.active_users,
        days.wau,
        days.mau,
        days.logins,
        days.actions,
        days.plays,
        days.is_wau_complete,
        days.is_mau_complete,
        coalesce(listening.ms_played, 0) / 60000.0 as minutes,
        listening.skips * 1.0 / nullif(listening.judged_plays, 0) as skip_rate,
        case when days.is_mau_complete then days.active_users * 1.0 / nullif(days.mau, 0) end as dau_over_mau,
        case when days.is_wau_complete then round(days.active_users_of_week / 7.0, 12) end as rolling_7d_active_users,
        case when days.is_wau_complete then round(days.plays_of_week / 7.0, 12) end as rolling_7d_plays

    from cumulated_days as days
    left join listening on days.date_day = listening.started_on

)

select * from final
