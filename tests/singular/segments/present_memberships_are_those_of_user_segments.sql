-- Users whose present segment in the history is not their segment. A build that looks back leaves the history as it is, so it is not
-- compared with it.
with

present as (

    select * from {{ ref('segment_history') }}
    where is_current

),

-- the last day on which something was entered
history as (

    select max(greatest(valid_from, coalesce(valid_to, valid_from))) as last_entered_on
    from {{ ref('segment_history') }}

)

select
    user_segments.user_id,
    user_segments.segment_id,
    present.segment_id as segment_in_history
from {{ ref('user_segments') }} as user_segments
full outer join present on user_segments.user_id = present.user_id
cross join history
cross join {{ ref('int_observation_bounded') }} as observation
where
    observation.as_of >= history.last_entered_on
    and coalesce(user_segments.segment_id, -1) <> coalesce(present.segment_id, -1)
