-- Users of the sample by all that the fit of churn and its evaluation ask of them.
with

users as (

    select * from {{ ref('int_churn_users_sampled') }}

),

patterns as (

    select distinct
        pattern_key,
        pattern_id
    from {{ ref('int_churn_patterns') }}

),

final as (

    select
        patterns.pattern_id,
        users.cluster_number,
        users.fold,
        users.is_past,
        users.is_future,
        count(*) as users,
        count(*) filter (where users.is_churned) as events

    from users
    inner join patterns on users.pattern_key = patterns.pattern_key
    group by patterns.pattern_id, users.cluster_number, users.fold, users.is_past, users.is_future

)

select * from final
