{%- set names = var('skip_model_features') | map(attribute='name') | list -%}
-- The models of skips, as model_runs lists them.
with

runs as (

    select * from {{ ref('int_skip_models_judged') }}
    where kind = 'run'

),

terms as (

    select * from {{ ref('int_skip_logit_judged') }}

),

available as (

    select count(*) as plays
    from {{ ref('plays') }}
    where is_skip is not null and not is_after_as_of

),

sampled as (

    select
        count(*) as plays,
        count(*) filter (where not has_earlier_track_length) as plays_without_length
    from {{ ref('int_plays_sampled') }}

),

sample_notes as (

    select
        available.plays as rows_available,
        concat_ws(
            '; ',
            case when sampled.plays < available.plays then 'a sample of ' || sampled.plays || ' of ' || available.plays || ' plays' end
            {%- if 'earlier_track_length_seconds' in names %},
            case
                when sampled.plays_without_length > 0
                    then
                        'no length of the track is known from before for '
                        || cast(round(100.0 * sampled.plays_without_length / sampled.plays) as integer) || ' % of the plays'
            end
            {%- endif %}
        ) as warnings

    from sampled
    cross join available

),

regression_terms as (

    select
        model,
        count(distinct attribute) filter (where role = 'effect') as features,
        count(*) filter (where role = 'effect') as terms,
        string_agg(term, ', ' order by term) filter (where role = 'aliased') as aliased_terms,
        string_agg(term, ', ' order by term) filter (where is_separated) as separated_terms
    from terms
    group by model

),

predictors as (

    select
        runs.model,
        runs.fitted_as_of as as_of,
        runs.plays as rows,
        sample_notes.rows_available,
        runs.skips as events,
        cast({{ names | length }} as bigint) as features,
        runs.terms,
        cast(null as bigint) as patterns,
        cast(null as bigint) as clusters,
        cast(null as varchar) as penalty,
        cast(null as double) as log_likelihood,
        cast(null as double) as null_log_likelihood,
        cast(null as double) as pseudo_r_squared,
        cast(null as double) as joint_p_value,
        runs.seed,
        runs.library_versions,
        runs.leaks_outcome,
        runs.verdict,
        nullif(sample_notes.warnings, '') as warnings

    from runs
    cross join sample_notes
    where runs.evaluation = 'future'

),

regressions as (

    select
        terms.model,
        terms.fitted_as_of as as_of,
        terms.users as rows,
        sample_notes.rows_available,
        terms.events,
        regression_terms.features,
        regression_terms.terms,
        terms.patterns,
        terms.clusters,
        terms.penalty,
        terms.log_likelihood,
        terms.null_log_likelihood,
        terms.pseudo_r_squared,
        terms.joint_p_value,
        cast(null as bigint) as seed,
        terms.library_versions,
        terms.leaks_outcome,
        terms.verdict,
        nullif(concat_ws(
            '; ',
            case
                when terms.clusters between 1 and 29 then 'fewer than 30 users, read the intervals with care'
                when terms.clusters = 0 then 'all plays are of one user and count as independent, read the intervals with care'
            end,
            nullif(sample_notes.warnings, ''),
            'not to be told from other features, which stand for both: ' || regression_terms.aliased_terms,
            'all or none of the plays are skipped, estimate under a penalty: ' || regression_terms.separated_terms
        ), '') as warnings

    from terms
    inner join regression_terms on terms.model = regression_terms.model
    cross join sample_notes
    where terms.role = 'intercept'

),

final as (

    select * from predictors
    union all
    select * from regressions

)

select * from final
