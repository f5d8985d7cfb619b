-- Which groups of users were less active this week than last, and is that more than chance? The steepest fall first.
select
    attribute,
    level,
    verdict,
    churn_risk,
    users,
    active_users,
    round(previous_7d_average, 1) as previous_7d_average,
    round(recent_7d_average, 1) as recent_7d_average,
    round(trend, 3) as trend,
    round(trend_ci_low, 3) as trend_ci_low,
    round(trend_ci_high, 3) as trend_ci_high
from {{ ref('activity_trend') }}
where churn_risk in ('high', 'medium') or verdict = 'falling'
order by trend, attribute, level_order
