-- depends_on: {{ ref('int_days_offset') }}
with

activity_days as (

    select
        date_day,
        sum(logins) as logins,
        sum(actions) as actions,
        sum(plays) as plays
    from {{ ref('user_activity_days') }}
    group by date_day

),

signup_days as (

    select
        {{ local_day('accounts.created_at') }} as date_day,
        count(*) as signups
    from {{ ref('stg_product__users') }} as accounts
    {{ local_day_join('accounts.created_at') }}
    group by {{ local_day('accounts.created_at') }}

),

dated_rows as (

    select
        date_day,
        logins,
        actions,
        plays,
        0 as signups
    from activity_days

    union all

    select
        date_day,
        0 as logins,
        0 as actions,
        0 as plays,
        signups
    from signup_days

),

counted_days as (

    select
        date_day,
        cast(sum(logins) as bigint) as logins,
        cast(sum(actions) as bigint) as actions,
        cast(sum(plays) as bigint) as plays,
        cast(sum(signups) as bigint) as signups

    from dated_rows
    group by date_day

),

bounds as (

    select
        min(date_day) as first_day,
        max(date_day) as last_day
    from counted_days

),

final as (

    select
        days.date_day,
        coalesce(counted_days.logins, 0) as logins,
        coalesce(counted_days.actions, 0) as actions,
        coalesce(counted_days.plays, 0) as plays,
        coalesce(counted_days.signups, 0) as signups

    from {{ ref('int_days_listed') }} as days
    inner join bounds on days.date_day between bounds.first_day and bounds.last_day
    left join counted_days on days.date_day = counted_days.date_day

)

select * from final
