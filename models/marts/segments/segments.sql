with

fitted as (

    select distinct
        segment_id,
        segment_name,
        named_by,
        jaccard,
        is_stable,
        is_forced,
        users as fitted_users,
        fitted_as_of
    from {{ ref('int_segments_fitted') }}

),

judged as (

    select
        verdict,
        finding
    from {{ ref('int_segment_counts_fitted') }}
    where is_selected

),

assigned as (

    select
        segment_id,
        count(*) as users
    from {{ ref('int_segment_users_assigned') }}
    group by segment_id

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

final as (

    select
        fitted.segment_id,
        fitted.segment_name,
        fitted.named_by,
        judged.verdict,
        judged.finding,
        fitted.is_forced,
        fitted.jaccard,
        fitted.is_stable,
        fitted.fitted_users,
        observation.as_of,
        fitted.fitted_as_of as model_fitted_as_of,
        coalesce(assigned.users, 0) as users,
        coalesce(assigned.users, 0) * 1.0 / sum(assigned.users) over () as share

    from fitted
    cross join judged
    cross join observation
    left join assigned on fitted.segment_id = assigned.segment_id

)

select * from final
