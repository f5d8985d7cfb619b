-- Who adopted once and is in the segment At-risk now? The longest absent last.
select
    overview.user_id,
    overview.adopted_on,
    overview.days_since_last_active,
    overview.segment_top_reason
from {{ ref('user_overview') }} as overview
where overview.is_adopted and overview.segment_name = 'At-risk' and overview.segment_verdict = 'structured'
order by overview.days_since_last_active, overview.user_id
limit 20
