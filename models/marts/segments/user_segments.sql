{%- set features = segment_features() -%}
with

users as (

    select * from {{ ref('int_segment_users_listed') }}

),

assigned as (

    select * from {{ ref('int_segment_users_assigned') }}

),

explained as (

    select * from {{ ref('int_segment_users_explained') }}

),

segments as (

    select distinct
        segment_id,
        segment_name,
        fitted_as_of
    from {{ ref('int_segments_fitted') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

final as (

    select
        users.user_id,
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
                    '{{ feature.name | replace("_", " ") }}: ' || coalesce({{ number_text('users.' ~ feature.name) }}, 'missing')
                    || ' (' || {{ signed_text('explained.contribution_' ~ place) }} || ')'
            {%- endfor %}
        end as top_reason_{{ place }},
        {%- endfor %}
        case
            when not users.has_features then 'no_features'
            when assigned.segment_id is null then 'no_fit'
        end as no_segment_reason

    from users
    cross join observation
    left join assigned on users.user_id = assigned.user_id
    left join explained on users.user_id = explained.user_id
    left join segments on assigned.segment_id = segments.segment_id

)

select * from final
