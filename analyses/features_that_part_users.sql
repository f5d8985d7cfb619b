-- Which features do the segments explain, and which hardly at all?
select
    feature,
    is_used,
    unused_reason,
    missing_users,
    round(importance, 3) as importance
from {{ ref('segment_features') }}
order by importance desc nulls last, feature asc
