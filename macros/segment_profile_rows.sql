{# What the rows of each segment are like, feature by feature. #}
{% macro segment_profile_rows(summed, segments, counted) -%}
with

summaries as (

    select
        *,
        cast(sum(places_total) over (partition by feature) as double)
        / nullif(sum(values_known) over (partition by feature), 0) as overall_place,
        cast(sum(scaled_total) over (partition by feature) as double) / sum({{ counted }}) over (partition by feature) as overall_scaled_mean,
        cast(sum(scaled_squares) over (partition by feature) as double) / sum({{ counted }}) over (partition by feature) as overall_scaled_square
    from {{ summed }}

),

means as (

    select
        *,
        feature_median + cast(places_total as double) / nullif(values_known, 0) * coalesce(feature_range, 0) as mean,
        feature_median + overall_place * coalesce(feature_range, 0) as overall_mean,
        sqrt(nullif(greatest(0, overall_scaled_square - overall_scaled_mean * overall_scaled_mean), 0)) as overall_scaled_deviation
    from summaries

),

fitted as (

    select * from {{ segments }}

),

segments as (

    select distinct
        segment_id,
        segment_name
    from fitted

),

final as (

    select
        means.segment_id,
        segments.segment_name,
        means.feature,
        means.{{ counted }},
        means.values_known,
        means.median,
        means.p10,
        means.p90,
        fitted.centroid_value as centroid,
        cast(means.place as integer) as place,
        round(means.mean, 9) as mean,
        round(means.overall_mean, 9) as overall_mean,
        case when means.overall_mean > 0 then round(means.mean / means.overall_mean, 9) end as lift,
        round((cast(means.scaled_total as double) / means.{{ counted }} - means.overall_scaled_mean) / means.overall_scaled_deviation, 9) as z_score

    from means
    inner join segments on means.segment_id = segments.segment_id
    left join fitted on means.segment_id = fitted.segment_id and means.feature = fitted.feature

)

select * from final
{%- endmacro %}
