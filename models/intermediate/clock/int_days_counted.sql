-- Every dated row of every source counts: a delivery that stops in the middle of a day is short in all of them.
with

dated_rows as (

    select
        date_day,
        cast(sum(logins) as bigint) as dated_rows
    from {{ ref('user_activity_days') }}
    group by date_day

    union all

    select
        created_on as date_day,
        count(*) as dated_rows
    from {{ ref('int_users_unioned') }}
    where has_account
    group by created_on

),

counted_days as (

    select
        date_day,
        cast(sum(dated_rows) as bigint) as dated_rows
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
        coalesce(counted_days.dated_rows, 0) as dated_rows

    from {{ ref('int_days_listed') }} as days
    inner join bounds on days.date_day between bounds.first_day and bounds.last_day
    left join counted_days on days.date_day = counted_days.date_day

)

select * from final
