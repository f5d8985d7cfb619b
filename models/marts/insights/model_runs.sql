with

terms as (

    {% for area, target, fits in [
        ('adoption', "'adopted'", ref('int_adoption_models_fitted')),
        ('actions', 'action', ref('int_action_models_judged')),
        ('churn', "'churned'", ref('int_churn_models_fitted')),
    ] %}
    {{ 'union all' if not loop.first }}
    select
        '{{ area }}' as area,
        {{ target }} as target,
        model,
        role,
        term,
        attribute,
        users,
        events,
        is_separated,
        patterns,
        clusters,
        penalty,
        log_likelihood,
        null_log_likelihood,
        pseudo_r_squared,
        joint_p_value,
        verdict,
        library_versions,
        fitted_as_of,
        leaks_outcome
    from {{ fits }}
    {% endfor %}

),

features as (

    select
        area,
        target,
        model,
        count(distinct attribute) filter (where role = 'effect') as features,
        count(*) filter (where role = 'effect') as terms,
        string_agg(term, ', ' order by term) filter (where role = 'aliased') as aliased_terms,
        string_agg(term, ', ' order by term) filter (where is_separated) as separated_terms
    from terms
    group by area, target, model

),

available as (

    select
        count(*) filter (where is_fitted) as landmark_users,
        count(*) filter (where no_score_reason is null or no_score_reason <> 'no_account') as accounts
    from {{ ref('int_users_landmarked') }}

),

described_users as (

    select count(*) as users
    from {{ ref('int_users_described') }}

),

users_at_cutoffs as (

    select count(*) as users
    from {{ ref('int_churn_features_measured') }}
    where is_churned is not null

),

described as (

    select
        runs.area,
        runs.model,
        runs.target,
        runs.fitted_as_of as as_of,
        runs.users as rows,
        case
            when runs.area = 'actions' then described_users.users
            when runs.area = 'churn' then users_at_cutoffs.users
            when runs.penalty = 'l1' then available.accounts
            else available.landmark_users
        end as rows_available,
        runs.events,
        features.features,
        features.terms,
        runs.patterns,
        runs.clusters,
        runs.penalty,
        runs.log_likelihood,
        runs.null_log_likelihood,
        runs.pseudo_r_squared,
        runs.joint_p_value,
        case when runs.penalty = 'l1' then cast({{ var('seed') }} as bigint) end as seed,
        runs.library_versions,
        runs.leaks_outcome,
        runs.verdict,
        features.aliased_terms,
        features.separated_terms

    from terms as runs
    inner join features
        on
            runs.area = features.area
            and runs.target = features.target
            and runs.model = features.model
    cross join available
    cross join described_users
    cross join users_at_cutoffs
    where runs.role = 'intercept'

),

regressions as (

    select
        area,
        model,
        target,
        as_of,
        rows,
        rows_available,
        events,
        features,
        terms,
        patterns,
        clusters,
        penalty,
        log_likelihood,
        null_log_likelihood,
        pseudo_r_squared,
        joint_p_value,
        seed,
        library_versions,
        leaks_outcome,
        verdict,
        nullif(concat_ws(
            '; ',
            case
                when clusters between 1 and 29 and area = 'churn'
                    then 'fewer than 30 organisations and single users, read the intervals with care'
                when clusters between 1 and 29 then 'fewer than 30 organisations, read the intervals with care'
            end,
            case
                when rows < rows_available and area = 'churn'
                    then 'fitted on ' || rows || ' of ' || rows_available || ' users, each counted once per cutoff'
                when rows < rows_available then 'fitted on ' || rows || ' of ' || rows_available || ' users'
            end,
            'not to be told from other features, which stand for both: ' || aliased_terms,
            'all or nobody has the outcome, estimate under a penalty: ' || separated_terms
        ), '') as warnings

    from described

),

segment_fits as (

    select
        'segments' as area,
        'segment' as target,
        'users' as counted,
        users as rows_available,
        users_without_features as rows_without_features,
        fitted_users as rows,
        features,
        unused_features,
        imputed_features,
        segments,
        unstable_segments,
        segments_wanted,
        is_forced,
        library_versions,
        fitted_as_of,
        seed,
        verdict
    from {{ ref('int_segment_fits_summed') }}

    union all

    select
        'plays' as area,
        'track_segment' as target,
        'tracks' as counted,
        tracks as rows_available,
        tracks_without_features as rows_without_features,
        fitted_tracks as rows,
        features,
        unused_features,
        imputed_features,
        segments,
        unstable_segments,
        segments_wanted,
        is_forced,
        library_versions,
        fitted_as_of,
        seed,
        verdict
    from {{ ref('int_track_fits_summed') }}

),

segmentations as (

    select
        area,
        'kmeans' as model,
        target,
        fitted_as_of as as_of,
        rows,
        rows_available,
        cast(null as bigint) as events,
        features,
        cast(null as bigint) as terms,
        cast(null as bigint) as patterns,
        cast(null as bigint) as clusters,
        cast(null as varchar) as penalty,
        cast(null as double) as log_likelihood,
        cast(null as double) as null_log_likelihood,
        cast(null as double) as pseudo_r_squared,
        cast(null as double) as joint_p_value,
        seed,
        library_versions,
        false as leaks_outcome,
        verdict,
        nullif(concat_ws(
            '; ',
            case when rows < rows_available then 'fitted on ' || rows || ' of ' || rows_available || ' ' || counted end,
            case
                when rows_without_features > 0
                    then
                        rows_without_features || ' ' || counted || case counted when 'users' then ' of whom' else ' of which' end
                        || ' no feature is known have no segment'
            end,
            'features that are not used: ' || unused_features,
            'the median stands in for many ' || counted || ': ' || imputed_features,
            case when is_forced and verdict <> 'structured' then segments_wanted || ' segments were asked for and the data show none' end,
            case
                when segments < segments_wanted
                    then counted || ' differ in no more than ' || segments || ' ways, fewer than the segments asked for'
            end,
            'segments that a fit to a resample does not find again: ' || unstable_segments
        ), '') as warnings

    from segment_fits

),

skip_models as (

    select
        'plays' as area,
        model,
        'skipped' as target,
        as_of,
        rows,
        rows_available,
        events,
        features,
        terms,
        patterns,
        clusters,
        penalty,
        log_likelihood,
        null_log_likelihood,
        pseudo_r_squared,
        joint_p_value,
        seed,
        library_versions,
        leaks_outcome,
        verdict,
        warnings
    from {{ ref('int_skip_fits_summed') }}

),

final as (

    select * from regressions
    union all
    select * from segmentations
    union all
    select * from skip_models

)

select * from final
