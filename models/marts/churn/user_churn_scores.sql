{%- set medium_from, high_from = var('churn_risk_thresholds') -%}
with

users as (

    select
        user_id,
        known_from
    from {{ ref('int_users_unioned') }}

),

users_at_risk as (

    select
        user_id,
        pattern_key
    from {{ ref('int_churn_features_measured') }}
    where cutoff_number = 0

),

scored_patterns as (

    select * from {{ ref('int_churn_patterns_scored') }}

),

observation as (

    select
        as_of,
        {{ dbt.datediff('activity_started_on', 'as_of', 'day') }} >= {{ [28, var('churn_days')] | max - 1 }} as is_log_long_enough
    from {{ ref('int_observation_bounded') }}
    where as_of is not null

),

-- scored users up to each probability
users_by_probability as (

    select
        scored_patterns.probability,
        sum(count(*)) over (order by scored_patterns.probability) * 100.0 / sum(count(*)) over () as percentile

    from users_at_risk
    inner join scored_patterns on users_at_risk.pattern_key = scored_patterns.pattern_key
    where scored_patterns.probability is not null
    group by scored_patterns.probability

),

final as (

    select
        users.user_id,
        observation.as_of,
        scored_patterns.fitted_as_of as model_fitted_as_of,
        scored_patterns.probability as churn_probability,
        case
            when scored_patterns.probability >= {{ high_from }} then 'high'
            when scored_patterns.probability >= {{ medium_from }} then 'medium'
            when scored_patterns.probability is not null then 'low'
        end as churn_risk_band,
        users_by_probability.percentile,
        scored_patterns.log_odds,
        case when scored_patterns.log_odds is not null then scored_patterns.top_reason_1 end as top_reason_1,
        case when scored_patterns.log_odds is not null then scored_patterns.top_reason_2 end as top_reason_2,
        case when scored_patterns.log_odds is not null then scored_patterns.top_reason_3 end as top_reason_3,
        case
            when not coalesce(observation.is_log_long_enough, false) then 'log_too_short'
            when users.known_from > observation.as_of then 'signed_up_after_as_of'
            when users_at_risk.user_id is null then 'not_at_risk'
            when not scored_patterns.is_model_fitted then 'model_not_fitted'
            when scored_patterns.log_odds is null then 'level_unknown_to_model'
        end as no_score_reason

    from users
    cross join observation
    left join users_at_risk on users.user_id = users_at_risk.user_id
    left join scored_patterns on users_at_risk.pattern_key = scored_patterns.pattern_key
    left join users_by_probability on scored_patterns.probability = users_by_probability.probability

)

select * from final
