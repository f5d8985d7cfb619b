-- What the marts of plays hold that a recommendation may rest on: levels against all other plays, terms of the regression of skips, and
-- kinds of track, where there are any.
with

rates as (

    select * from {{ ref('skip_rates') }}

),

terms as (

    select * from {{ ref('skip_coefficients') }}
    where not leaks_outcome and q_value is not null and coalesce(level, '') <> '(missing)'

),

track_segments as (

    select * from {{ ref('track_segment_summaries') }}
    where verdict = 'structured' and is_stable

),

profiles as (

    select * from {{ ref('track_segment_profiles') }}

),

all_plays as (

    select * from rates
    where attribute = '(all)'

),

compared as (

    select
        rates.*,
        {{ level_against_rest(
            'rates.skips', 'rates.plays', 'rates.effective_plays', 'all_plays.skips', 'all_plays.plays', 'all_plays.effective_plays'
        ) }}
    from rates
    cross join all_plays
    where rates.attribute <> '(all)' and rates.level <> '(missing)' and rates.plays > 0

),

profiled as (

    select profiles.*
    from profiles
    inner join track_segments on profiles.segment_id = track_segments.segment_id
    where profiles.z_score is not null

),

final as (

    select
        {{ found_evidence(
            'skip_level', 'attribute', "'skip_rates'", "'skip_rate'", evidence_key(['attribute', 'level']), "'share'",
            'skip_rate - rest_share', 'skip_rate', 'rest_share', 'ci_low', 'ci_high', 'listeners', 'plays',
            level='level', p_value=two_sided_p_value('z_value'),
            effect_low='skip_rate - rest_share - half_width', effect_high='skip_rate - rest_share + half_width'
        ) }}
    from compared
    where z_value is not null

    union all

    select
        {{ term_evidence('skip_term', 'skip_coefficients', rows='plays') }}
    from terms

    union all

    -- that kinds of track differ in what they were built from is no finding: that there are kinds is
    select
        {{ found_evidence(
            'track_segment_feature', 'feature', "'track_segment_profiles'", "'mean'", evidence_key(['segment_id', 'feature']), "'number'",
            'z_score', 'mean', 'overall_mean', rows='tracks', level='segment_name', reference_level="replace(feature, '_', ' ')",
            is_significant='true'
        ) }}
    from profiled

)

select * from final
