-- depends_on: {{ ref('int_days_offset') }}
with

activity_days as (

    select
        date_day,
        cast(sum(logins) as bigint) as activity_rows
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

action_days as (

    select
        date_day,
        sum(times) as actions
    from {{ ref('user_actions') }}
    where date_day is not null
    group by date_day

),

dated_rows as (

    select
        date_day,
        activity_rows,
        0 as actions,
        0 as signups
    from activity_days

    union all

    select
        date_day,
        0 as activity_rows,
        actions,
        0 as signups
    from action_days

    union all

    select
        date_day,
        0 as activity_rows,
        0 as actions,
        signups
    from signup_days

),

counted_days as (

    select
        date_day,
        cast(sum(activity_rows) as bigint) as activity_rows,
        cast(sum(actions) as bigint) as actions,
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
        coalesce(counted_days.activity_rows, 0) as activity_rows,
        coalesce(counted_days.actions, 0) as actions,
        coalesce(counted_days.signups, 0) as signups

    from {{ ref('int_days_listed') }} as days
    inner join bounds on days.date_day between bounds.first_day and bounds.last_day
    left join counted_days on days.date_day = counted_days.date_day

)

select * from final
