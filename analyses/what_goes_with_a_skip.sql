-- What goes with skipping a track, all else equal, and how sure is that? Seen from the start of the play.
select
    term,
    reference_level,
    round(odds_ratio, 2) as odds_ratio,
    round(ci_low, 2) as ci_low,
    round(ci_high, 2) as ci_high,
    round(q_value, 3) as q_value,
    round(marginal_effect, 3) as marginal_effect
from {{ ref('skip_coefficients') }}
where attribute is not null
order by abs(coefficient) desc
