-- Of users to whom a regression gives the same chance, do as many perform the action?
select
    action,
    model,
    bin,
    users,
    round(mean_predicted, 3) as mean_predicted,
    round(observed_share, 3) as observed_share,
    round(ci_low, 3) as ci_low,
    round(ci_high, 3) as ci_high
from {{ ref('action_calibration') }}
order by action, model, bin
