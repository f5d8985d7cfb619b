with

weeks as (

    select sum(active_days) as active_days from {{ ref('weekly_activity') }}

),

days as (

    select count(*) as active_days from {{ ref('user_activity_days') }}

)

select
    weeks.active_days as days_in_weeks,
    days.active_days
from weeks
cross join days
where coalesce(weeks.active_days, 0) <> days.active_days
