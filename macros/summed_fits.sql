{# A fit of segments in one row, also where there was nothing to fit on. #}
{% macro summed_fits(listed_rows, scales, counts, segments, counted) -%}
with

listed as (

    select
        count(*) filter (where has_features) as {{ counted }},
        count(*) filter (where not has_features) as {{ counted }}_without_features
    from {{ listed_rows }}

),

features as (

    select
        count(*) filter (where is_used) as features,
        string_agg(feature || ' (' || unused_reason || ')', ', ' order by place) filter (where not is_used) as unused_features,
        string_agg(
            feature || ' (' || cast(cast(round(100 - values_known * 100.0 / nullif({{ counted }}, 0)) as integer) as varchar) || ' %)', ', '
            order by place
        ) filter (where is_used and values_known < 0.8 * {{ counted }}) as imputed_features
    from {{ scales }}

),

judged as (

    select
        max(verdict) as verdict,
        max(finding) as finding
    from {{ counts }}

),

fitted as (

    select
        count(distinct segment_id) as segments,
        string_agg(distinct segment_name, ', ' order by segment_name) filter (where not is_stable) as unstable_segments,
        max(segments_wanted) as segments_wanted,
        coalesce(bool_or(is_forced), false) as is_forced,
        coalesce(max(fitted_{{ counted }}), 0) as fitted_{{ counted }},
        max(seed) as seed,
        max(library_versions) as library_versions,
        max(fitted_as_of) as fitted_as_of
    from {{ segments }}

),

final as (

    select
        listed.{{ counted }},
        listed.{{ counted }}_without_features,
        features.features,
        features.unused_features,
        features.imputed_features,
        judged.finding,
        fitted.segments,
        fitted.unstable_segments,
        fitted.segments_wanted,
        fitted.is_forced,
        fitted.fitted_{{ counted }},
        fitted.library_versions,
        fitted.fitted_as_of,
        cast(fitted.seed as bigint) as seed,
        coalesce(judged.verdict, case when listed.{{ counted }} = 0 then 'too_few_{{ counted }}' else 'no_variation' end) as verdict

    from listed
    cross join features
    cross join judged
    cross join fitted

)

select * from final
{%- endmacro %}
