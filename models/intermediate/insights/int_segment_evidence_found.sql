-- What the marts of segments hold that a recommendation may rest on. Only where the data have groups, and only of groups that a fit to a
-- resample finds again: of cuts through a cloud there is nothing to say.
with

segments as (

    select * from {{ ref('segments') }}
    where verdict = 'structured' and is_stable

),

kpis as (

    select * from {{ ref('segment_kpis') }}

),

levels as (

    select * from {{ ref('segment_attributes') }}
    where level <> '(missing)'

),

-- whole numbers of millionths, so that sums do not depend on the order of the rows
weighed as (

    select
        *,
        cast(round(mean * values_known, 6) as decimal(38, 6)) as total,
        cast(round(pow((ci_high - ci_low) / 2 / 1.959963984540054 * values_known, 2), 6) as decimal(38, 6)) as total_variance
    from kpis

),

rests as (

    select
        *,
        cast(sum(total) over (partition by kpi) - total as double)
        / nullif(sum(values_known) over (partition by kpi) - values_known, 0) as rest_mean,
        cast(sum(total_variance) over (partition by kpi) - total_variance as double)
        / nullif(pow(sum(values_known) over (partition by kpi) - values_known, 2), 0)
        + cast(total_variance as double) / nullif(pow(values_known, 2), 0) as variance
    from weighed

),

compared as (

    select
        rests.*,
        (rests.mean - rests.rest_mean) / nullif(sqrt(rests.variance), 0) as z_value
    from rests
    inner join segments on rests.segment_id = segments.segment_id
    where rests.rest_mean > 0 and rests.ci_low is not null

),

shared as (

    select
        levels.*,
        segments.users as segment_users
    from levels
    inner join segments on levels.segment_id = segments.segment_id

),

final as (

    -- where segments were built from a number, that they differ in it is no finding: that they are there is, and how far this one is away
    select
        {{ found_evidence(
            'segment_kpi', 'kpi', "'segment_kpis'", "'mean'", evidence_key(['segment_id', 'kpi']), "'number'", 'mean / rest_mean - 1', 'mean',
            'rest_mean', 'ci_low', 'ci_high', 'values_known', level='segment_name', reference_level="replace(kpi, '_', ' ')",
            detail="case when is_built_from then 'the segments were built from it' else 'the segments were not built from it' end",
            p_value='case when not is_built_from then ' ~ two_sided_p_value('z_value') ~ ' end',
            is_significant='case when is_built_from then rest_mean not between ci_low and ci_high end',
            effect_low='ci_low / rest_mean - 1', effect_high='ci_high / rest_mean - 1'
        ) }}
    from compared

    union all

    select
        {{ found_evidence(
            'segment_level', 'attribute', "'segment_attributes'", "'share_of_segment'", evidence_key(['segment_id', 'attribute', 'level']),
            "'share'", 'lift', 'share_of_segment', 'overall_share', 'ci_low', 'ci_high', 'segment_users', level='level',
            reference_level='segment_name', detail="replace(attribute, '_', ' ')", p_value='p_value', q_value='q_value',
            is_significant='q_value <= q_limit', effect_low='ci_low / nullif(overall_share, 0)', effect_high='ci_high / nullif(overall_share, 0)'
        ) }}
    from shared
    where q_value is not null

)

select * from final
