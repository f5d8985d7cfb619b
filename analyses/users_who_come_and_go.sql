-- Does the product gain or lose users from week to week? New, returning and lost ones of the last half year, complete weeks only.
select
    date_week,
    active_users,
    new_users,
    retained_users,
    resurrected_users,
    churned_users,
    new_users + resurrected_users - churned_users as gained_users
from {{ ref('weekly_lifecycle') }}
where is_complete
qualify row_number() over (order by date_week desc) <= 26
order by date_week
