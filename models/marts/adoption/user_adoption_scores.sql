with

users as (

    select * from {{ ref('int_users_landmarked') }}

),

scored_patterns as (

    select * from {{ ref('int_adoption_patterns_scored') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

-- scored users up to each probability
users_by_probability as (

    select
        scored_patterns.probability,
        sum(count(*)) over (order by scored_patterns.probability) * 100.0 / sum(count(*)) over () as percentile

    from users
    inner join scored_patterns on users.pattern_key = scored_patterns.pattern_key
    where scored_patterns.probability is not null
    group by scored_patterns.probability

),

final as (

    select
        users.user_id,
        users.is_fitted,
        observation.as_of,
        scored_patterns.fitted_as_of as model_fitted_as_of,
        scored_patterns.probability as adoption_probability,
        users_by_probability.percentile,
        scored_patterns.log_odds,
        case when scored_patterns.log_odds is not null then scored_patterns.top_reason_1 end as top_reason_1,
        case when scored_patterns.log_odds is not null then scored_patterns.top_reason_2 end as top_reason_2,
        case when scored_patterns.log_odds is not null then scored_patterns.top_reason_3 end as top_reason_3,
        case
            when users.no_score_reason is not null then users.no_score_reason
            when not scored_patterns.is_model_fitted then 'model_not_fitted'
            when scored_patterns.log_odds is null then 'level_unknown_to_model'
        end as no_score_reason

    from users
    cross join observation
    left join scored_patterns on users.pattern_key = scored_patterns.pattern_key
    left join users_by_probability on scored_patterns.probability = users_by_probability.probability

)

select * from final
