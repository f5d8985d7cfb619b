select activity_days.date_day
from {{ ref('user_activity_days') }} as activity_days
left join {{ ref('dates') }} as dates on activity_days.date_day = dates.date_day
where dates.date_day is null
