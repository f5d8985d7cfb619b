-- Who was active last week, less those who went, plus those who came, is active this week.
with

weeks as (

    select
        date_week,
        active_users,
        new_users,
        resurrected_users,
        churned_users,
        lag(active_users) over (order by date_week) as earlier_users,
        lag(date_week) over (order by date_week) as earlier_week
    from {{ ref('weekly_lifecycle') }}

)

select *
from weeks
where
    active_users <> coalesce(earlier_users, 0) - churned_users + new_users + resurrected_users
    or {{ dbt.datediff('earlier_week', 'date_week', 'day') }} <> 7
