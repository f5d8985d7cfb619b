-- Returns a row where the mean probability of the rows that the model of churn was fitted on is not the share of them who left: a
-- regression with an intercept keeps it. Later builds without a fit do not, and have other rows.
with

fitted as (

    select
        count(*) as rows,
        avg(scored_patterns.probability) as mean_probability,
        avg(case when users.is_churned then 1.0 else 0.0 end) as observed_share

    from {{ ref('int_churn_users_sampled') }} as users
    inner join {{ ref('int_churn_patterns_scored') }} as scored_patterns on users.pattern_key = scored_patterns.pattern_key
    where scored_patterns.probability is not null

)

select fitted.*
from fitted
inner join {{ ref('model_runs') }} as runs on fitted.rows = runs.rows
cross join {{ ref('int_observation_bounded') }} as observation
where
    runs.model = 'churn'
    and runs.as_of = observation.as_of
    and abs(fitted.mean_probability - fitted.observed_share) > 1e-6
