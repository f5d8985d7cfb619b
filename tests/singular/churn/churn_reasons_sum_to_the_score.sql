-- Patterns whose log-odds are not those of the average fitted user (the intercept and the mean contributions) and all contributions
-- together.
with

averages as (

    select sum(log_odds) as log_odds
    from (
        select coefficient as log_odds
        from {{ ref('int_churn_logit_fitted') }}
        where role = 'intercept'
        union all
        select max(mean_contribution) as log_odds
        from {{ ref('int_churn_logit_fitted') }}
        where role <> 'intercept'
        group by attribute
    )

),

contributions as (

    select
        pattern_key,
        sum(contribution) as contribution
    from {{ ref('int_churn_contributions') }}
    group by pattern_key

)

select
    scored_patterns.pattern_key,
    scored_patterns.log_odds
from {{ ref('int_churn_patterns_scored') }} as scored_patterns
inner join contributions on scored_patterns.pattern_key = contributions.pattern_key
cross join averages
where abs(scored_patterns.log_odds - averages.log_odds - contributions.contribution) > 1e-9
