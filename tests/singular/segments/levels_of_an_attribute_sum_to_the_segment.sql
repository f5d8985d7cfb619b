-- The levels of each attribute, the missing one included, hold all users of a segment.
select
    levels.attribute,
    levels.segment_id,
    sum(levels.users) as users,
    max(segments.users) as segment_users
from {{ ref('segment_attributes') }} as levels
inner join {{ ref('segments') }} as segments on levels.segment_id = segments.segment_id
group by levels.attribute, levels.segment_id
having sum(levels.users) <> max(segments.users)
