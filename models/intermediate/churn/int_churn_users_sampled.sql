-- The users by whom the model of churn is fitted and judged, at each cutoff at which they were at risk and of which the outcome is known.
-- What one user does at several cutoffs, and what those of one organisation do, is alike: they are one cluster. That makes nearly as many
-- clusters as users, whom counts by pattern and cluster would not make fewer, so that it is always the first of them by a hash.
with

users_at_cutoffs as (

    select * from {{ ref('int_churn_features_measured') }}
    where is_churned is not null

),

sample as (

    select user_id
    from users_at_cutoffs
    group by user_id
    qualify row_number() over (order by {{ stable_number('user_id', 1000000007) }}, user_id) <= {{ var('fit_sample_users') }}

),

sampled as (

    select
        users_at_cutoffs.*,
        case
            when users_at_cutoffs.org_id is not null then 'organisation ' || cast(users_at_cutoffs.org_id as varchar)
            else 'user ' || cast(users_at_cutoffs.user_id as varchar)
        end as cluster_name

    from users_at_cutoffs
    inner join sample on users_at_cutoffs.user_id = sample.user_id

),

-- from the largest to the smallest, dealt out over the folds
clusters as (

    select
        cluster_name,
        row_number() over (
            order by count(*) desc, cluster_name
        ) as cluster_number

    from sampled
    group by cluster_name

),

final as (

    select
        sampled.user_id,
        sampled.cutoff_on,
        sampled.pattern_key,
        clusters.cluster_number,
        clusters.cluster_number % {{ var('evaluation_folds') }} as fold,
        sampled.cutoff_number > 1 as is_past,
        sampled.cutoff_number = 1 as is_future,
        sampled.is_churned

    from sampled
    inner join clusters on sampled.cluster_name = clusters.cluster_name

)

select * from final
