-- Returns a row where the mean probability of the fitted users is not the share of them who adopted: a regression with an intercept keeps
-- it. A sample keeps it only by and large, and later builds without a fit do not.
with

fitted as (

    select
        count(*) as users,
        avg(scores.adoption_probability) as mean_probability,
        avg(case when users.is_adopted_later then 1.0 else 0.0 end) as observed_share

    from {{ ref('user_adoption_scores') }} as scores
    inner join {{ ref('int_users_landmarked') }} as users on scores.user_id = users.user_id
    where scores.is_fitted and scores.adoption_probability is not null

)

select fitted.*
from fitted
inner join {{ ref('model_runs') }} as runs on fitted.users = runs.rows
where
    runs.model = 'landmark'
    and abs(fitted.mean_probability - fitted.observed_share) > 1e-6
