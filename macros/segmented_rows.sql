{# The segment of each row that is listed, and why; or why there is none. #}
{% macro segmented_rows(listed_rows, nearest, explanations, fitted, features, key) -%}
with

listed as (

    select * from {{ listed_rows }}

),

assigned as (

    select * from {{ nearest }}

),

explained as (

    select * from {{ explanations }}

),

segments as (

    select distinct
        segment_id,
        segment_name,
        fitted_as_of
    from {{ fitted }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

final as (

    select
        listed.{{ key }},
        assigned.segment_id,
        segments.segment_name,
        assigned.runner_up_segment_id,
        explained.pca_1,
        explained.pca_2,
        observation.as_of,
        segments.fitted_as_of as model_fitted_as_of,
        sqrt(assigned.squared_distance) as distance,
        assigned.runner_up_squared_distance - assigned.squared_distance as margin,
        {%- for place in [1, 2, 3] %}
        case
            when explained.contribution_{{ place }} < 0.005 then null
            {%- for feature in features %}
            when explained.feature_place_{{ place }} = {{ loop.index }}
                then
                    '{{ feature.name | replace("_", " ") }}: ' || coalesce({{ number_text('listed.' ~ feature.name) }}, 'missing')
                    || ' (' || {{ signed_text('explained.contribution_' ~ place) }} || ')'
            {%- endfor %}
        end as top_reason_{{ place }},
        {%- endfor %}
        case
            when not listed.has_features then 'no_features'
            when assigned.segment_id is null then 'no_fit'
        end as no_segment_reason

    from listed
    cross join observation
    left join assigned on listed.{{ key }} = assigned.{{ key }}
    left join explained on listed.{{ key }} = explained.{{ key }}
    left join segments on assigned.segment_id = segments.segment_id

)

select * from final
{%- endmacro %}
