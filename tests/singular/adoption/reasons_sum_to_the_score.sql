-- Users whose log-odds are not those of the average fitted user (the intercept and the mean contributions) and all contributions together.
with

averages as (

    select sum(log_odds) as log_odds
    from (
        select coefficient as log_odds
        from {{ ref('int_adoption_logit_fitted') }}
        where role = 'intercept'
        union all
        select max(mean_contribution) as log_odds
        from {{ ref('int_adoption_logit_fitted') }}
        where role <> 'intercept'
        group by attribute
    )

),

contributions as (

    select
        pattern_key,
        sum(contribution) as contribution
    from {{ ref('int_adoption_contributions') }}
    group by pattern_key

)

select
    scores.user_id,
    scores.log_odds
from {{ ref('user_adoption_scores') }} as scores
inner join {{ ref('int_users_landmarked') }} as users on scores.user_id = users.user_id
inner join contributions on users.pattern_key = contributions.pattern_key
cross join averages
where abs(scores.log_odds - averages.log_odds - contributions.contribution) > 1e-9
