-- How many groups do the users fall into, and on which figures does that rest?
select
    k,
    is_selected,
    is_chosen_by_gap,
    is_largest_excess,
    round(silhouette, 3) as silhouette,
    round(silhouette_reference, 3) as silhouette_reference,
    round(excess, 3) as excess,
    round(valley, 2) as valley,
    round(gap, 3) as gap,
    round(min_jaccard, 2) as min_jaccard
from {{ ref('segment_k_scores') }}
order by k
