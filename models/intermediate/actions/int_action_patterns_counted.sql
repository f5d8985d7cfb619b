-- Users (without an action) and performers of each pattern. More patterns than max_patterns would be as slow as users; then a sample of
-- the users is counted.
with

users as (

    select * from {{ ref('int_action_users_patterned') }}

),

patterns as (

    select distinct
        model,
        pattern_key,
        pattern_id
    from {{ ref('int_action_patterns') }}

),

sizes as (

    select
        model,
        count(*) > {{ var('max_patterns') }} as is_sampled
    from patterns
    group by model

),

sample as (

    select user_id
    from {{ ref('int_users_described') }}
    qualify row_number() over (order by {{ stable_number('user_id', 1000000007) }}, user_id) <= {{ var('fit_sample_users') }}

),

counted_users as (

    select
        users.user_id,
        users.model,
        users.cluster_number,
        users.fold,
        patterns.pattern_id

    from users
    inner join sizes on users.model = sizes.model
    inner join patterns on users.model = patterns.model and users.pattern_key = patterns.pattern_key
    where not sizes.is_sampled or users.user_id in (select sample.user_id from sample)

),

final as (

    select
        counted_users.model,
        acting.action,
        counted_users.pattern_id,
        counted_users.cluster_number,
        counted_users.fold,
        count(*) as users

    from counted_users
    inner join {{ ref('int_users_acting') }} as acting on counted_users.user_id = acting.user_id
    group by counted_users.model, acting.action, counted_users.pattern_id, counted_users.cluster_number, counted_users.fold

)

select * from final
