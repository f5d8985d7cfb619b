-- Which kinds of track are there, is there anything to them, and in what do they differ? The three features farthest from the mean.
select
    profiles.segment_name,
    profiles.tracks,
    summaries.verdict,
    summaries.is_stable,
    profiles.feature,
    round(summaries.share, 3) as share,
    round(profiles.mean, 2) as mean,
    round(profiles.overall_mean, 2) as overall_mean,
    round(profiles.z_score, 2) as z_score
from {{ ref('track_segment_profiles') }} as profiles
inner join {{ ref('track_segment_summaries') }} as summaries on profiles.segment_id = summaries.segment_id
qualify row_number() over (partition by profiles.segment_id order by abs(profiles.z_score) desc, profiles.feature) <= 3
order by profiles.segment_id, abs(profiles.z_score) desc
