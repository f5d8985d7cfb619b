-- How many of those who sign up are still active months later? Complete months only, so that the last ones do not look worse.
select
    periods_since,
    measure,
    count(*) as cohorts,
    sum(users_at_risk) as users,
    sum(active_users) as active_users,
    round(sum(active_users) * 1.0 / sum(users_at_risk), 3) as retention_rate,
    round(min(retention_rate), 3) as lowest_rate,
    round(max(retention_rate), 3) as highest_rate
from {{ ref('retention_cohorts') }}
where cohort_grain = 'month' and attribute = '(all)' and is_complete
group by periods_since, measure
order by measure, periods_since
