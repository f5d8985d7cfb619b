-- Users of whom it is known whether they adopted, by all that the fit and its evaluation ask of them. More patterns than max_patterns would
-- be as slow as users; then a sample of the users is counted.
with

users as (

    select * from {{ ref('int_users_landmarked') }}
    where is_fitted

),

patterns as (

    select distinct
        pattern_key,
        pattern_id
    from {{ ref('int_adoption_patterns') }}

),

sizes as (

    select count(*) > {{ var('max_patterns') }} as is_sampled
    from patterns

),

sample as (

    select users.user_id
    from users
    inner join sizes on sizes.is_sampled
    qualify row_number() over (order by {{ stable_number('users.user_id', 1000000007) }}, users.user_id) <= {{ var('fit_sample_users') }}

),

final as (

    select
        patterns.pattern_id,
        users.cluster_number,
        users.fold,
        users.is_past,
        users.is_future,
        count(*) as users,
        count(*) filter (where users.is_adopted_later) as events

    from users
    inner join patterns on users.pattern_key = patterns.pattern_key
    cross join sizes
    where not sizes.is_sampled or users.user_id in (select sample.user_id from sample)
    group by patterns.pattern_id, users.cluster_number, users.fold, users.is_past, users.is_future

)

select * from final
