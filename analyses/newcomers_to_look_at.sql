-- Which newcomers of the last 30 days, whose first week is over and who may still adopt, are the likeliest to do so, and why?
select
    scores.user_id,
    adoption.created_on,
    adoption.last_active_on,
    scores.top_reason_1,
    scores.top_reason_2,
    round(scores.adoption_probability, 2) as adoption_probability
from {{ ref('user_adoption_scores') }} as scores
inner join {{ ref('user_adoption') }} as adoption on scores.user_id = adoption.user_id
where
    scores.adoption_probability is not null
    and adoption.adoption_status = 'still_open'
    and {{ dbt.datediff('adoption.created_on', 'adoption.as_of', 'day') }} <= 30
qualify row_number() over (order by scores.adoption_probability desc, scores.user_id asc) <= 10
order by adoption_probability desc, scores.user_id asc
