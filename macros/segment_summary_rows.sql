{# The segments: how many rows each has, what it is called and why, and whether there is anything to it. #}
{% macro segment_summary_rows(segments, counts, nearest, counted) -%}
with

fitted as (

    select distinct
        segment_id,
        segment_name,
        named_by,
        jaccard,
        is_stable,
        is_forced,
        {{ counted }} as fitted_{{ counted }},
        fitted_as_of
    from {{ segments }}

),

judged as (

    select
        verdict,
        finding
    from {{ counts }}
    where is_selected

),

assigned as (

    select
        segment_id,
        count(*) as {{ counted }}
    from {{ nearest }}
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
        fitted.fitted_{{ counted }},
        observation.as_of,
        fitted.fitted_as_of as model_fitted_as_of,
        coalesce(assigned.{{ counted }}, 0) as {{ counted }},
        coalesce(assigned.{{ counted }}, 0) * 1.0 / sum(assigned.{{ counted }}) over () as share

    from fitted
    cross join judged
    cross join observation
    left join assigned on fitted.segment_id = assigned.segment_id

)

select * from final
{%- endmacro %}
