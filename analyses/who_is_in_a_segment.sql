-- Which groups of users are more, or less, in a segment than chance would have it?
select
    levels.segment_name,
    levels.attribute,
    levels.level,
    levels.users,
    round(levels.share_of_segment, 3) as share_of_segment,
    round(levels.ci_low, 3) as ci_low,
    round(levels.ci_high, 3) as ci_high,
    round(levels.overall_share, 3) as overall_share,
    round(levels.q_value, 3) as q_value
from {{ ref('segment_attributes') }} as levels
where levels.q_value <= levels.q_limit
order by levels.segment_name, levels.attribute, levels.level_order
