-- How many users perform each action from month to month? Actions without a time are left out.
select
    action,
    substring(cast(date_day as varchar), 1, 7) as action_month,
    count(distinct user_id) as performers,
    sum(times) as times
from {{ ref('user_actions') }}
where date_day is not null
group by action, substring(cast(date_day as varchar), 1, 7)
order by action, action_month
