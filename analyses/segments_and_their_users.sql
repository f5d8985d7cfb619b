-- Which segments of users are there, how large are they, and is there anything to them?
select
    segment_id,
    segment_name,
    users,
    verdict,
    is_stable,
    named_by,
    round(share, 3) as share
from {{ ref('segments') }}
order by users desc
