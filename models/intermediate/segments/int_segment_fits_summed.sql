-- The fit of the segments in one row, also where there was nobody to fit on.
with

users as (

    select
        count(*) filter (where has_features) as users,
        count(*) filter (where not has_features) as users_without_features
    from {{ ref('int_segment_users_listed') }}

),

features as (

    select
        count(*) filter (where is_used) as features,
        string_agg(feature || ' (' || unused_reason || ')', ', ' order by place) filter (where not is_used) as unused_features,
        string_agg(
            feature || ' (' || cast(cast(round(100 - values_known * 100.0 / nullif(users, 0)) as integer) as varchar) || ' %)', ', '
            order by place
        ) filter (where is_used and values_known < 0.8 * users) as imputed_features
    from {{ ref('int_segment_features_scaled') }}

),

judged as (

    select
        max(verdict) as verdict,
        max(finding) as finding
    from {{ ref('int_segment_counts_fitted') }}

),

fitted as (

    select
        count(distinct segment_id) as segments,
        string_agg(distinct segment_name, ', ' order by segment_name) filter (where not is_stable) as unstable_segments,
        max(segments_wanted) as segments_wanted,
        coalesce(bool_or(is_forced), false) as is_forced,
        coalesce(max(fitted_users), 0) as fitted_users,
        max(seed) as seed,
        max(library_versions) as library_versions,
        max(fitted_as_of) as fitted_as_of
    from {{ ref('int_segments_fitted') }}

),

final as (

    select
        users.users,
        users.users_without_features,
        features.features,
        features.unused_features,
        features.imputed_features,
        judged.finding,
        fitted.segments,
        fitted.unstable_segments,
        fitted.segments_wanted,
        fitted.is_forced,
        fitted.fitted_users,
        fitted.library_versions,
        fitted.fitted_as_of,
        cast(fitted.seed as bigint) as seed,
        coalesce(judged.verdict, case when users.users = 0 then 'too_few_users' else 'no_variation' end) as verdict

    from users
    cross join features
    cross join judged
    cross join fitted

)

select * from final
