-- How do segments compare in the numbers that matter?
select
    kpi,
    segment_name,
    values_known as users,
    is_built_from,
    round(mean, 2) as mean,
    round(ci_low, 2) as ci_low,
    round(ci_high, 2) as ci_high
from {{ ref('segment_kpis') }}
order by kpi asc, mean desc
