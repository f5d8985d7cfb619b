-- In what do the users of each segment differ most from the others? The three features farthest from the mean, up and down.
select
    segment_name,
    feature,
    round(mean, 2) as mean,
    round(overall_mean, 2) as overall_mean,
    round(z_score, 2) as z_score
from {{ ref('segment_profiles') }}
qualify row_number() over (partition by segment_id order by abs(z_score) desc, feature) <= 3
order by segment_id, abs(z_score) desc
