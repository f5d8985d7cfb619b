-- How many users moved from one segment to another, and when?
select
    period,
    from_segment_name,
    to_segment_name,
    users,
    from_users,
    round(share, 3) as share
from {{ ref('segment_migrations') }}
order by period desc, users desc
