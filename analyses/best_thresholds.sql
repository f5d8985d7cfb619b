-- How many active days in the first week, fortnight or month go best with staying? Exploratory: the best row is optimistic.
select
    window_days,
    min_days,
    users,
    round(share_met, 3) as share_met,
    round(retained_if_met, 3) as retained_if_met,
    round(retained_if_not, 3) as retained_if_not,
    round(phi, 3) as phi
from {{ ref('adoption_thresholds') }}
qualify row_number() over (partition by window_days order by phi desc nulls last) <= 2
order by window_days asc, phi desc
