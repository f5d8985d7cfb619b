-- Which tracks are skipped most, for certain and not by a few listeners?
select
    track_uri,
    track_name,
    play_count,
    listeners,
    round(skip_rate, 3) as skip_rate,
    round(ci_low, 3) as ci_low,
    round(ci_high, 3) as ci_high
from {{ ref('track_features') }}
where skip_rate is not null
order by ci_low desc, track_uri asc
limit 25
