-- Which users lie on a border, and between which segments? A little more of something would put them into the other.
select
    user_segments.user_id,
    user_segments.segment_name,
    segments.segment_name as next_segment_name,
    user_segments.top_reason_1,
    round(user_segments.margin, 3) as margin
from {{ ref('user_segments') }} as user_segments
inner join {{ ref('segments') }} as segments on user_segments.runner_up_segment_id = segments.segment_id
order by user_segments.margin, user_segments.user_id
limit 20
