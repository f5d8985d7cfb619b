-- Would another number of early active days separate those who stay better? Exploratory: the best row is optimistic.
select
    min_days,
    window_days,
    users,
    round(share_met, 3) as share_met,
    round(retained_if_met, 3) as retained_if_met,
    round(retained_if_not, 3) as retained_if_not,
    round(phi, 3) as phi
from {{ ref('adoption_thresholds') }}
order by phi desc
limit 5
