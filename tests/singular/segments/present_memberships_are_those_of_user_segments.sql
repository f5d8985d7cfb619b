-- Users whose present segment in the history is not their segment.
with

present as (

    select * from {{ ref('segment_history') }}
    where is_current

)

select
    user_segments.user_id,
    user_segments.segment_id,
    present.segment_id as segment_in_history
from {{ ref('user_segments') }} as user_segments
full outer join present on user_segments.user_id = present.user_id
where
    (user_segments.as_of is not null or present.user_id is not null)
    and coalesce(user_segments.segment_id, -1) <> coalesce(present.segment_id, -1)
