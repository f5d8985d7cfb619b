{{ config(materialized='table') }}
{%- set features = segment_features() -%}
{%- set squares = [] -%}
{%- for feature in features -%}
{%- do squares.append('pow(users.' ~ feature.name ~ ' - centres.' ~ feature.name ~ ', 2)') -%}
{%- endfor %}
-- The segment whose centre is nearest to each user, and the one that comes next.
with

users as (

    select * from {{ ref('int_segment_users_scaled') }}

),

centres as (

    select
        {%- for feature in features %}
        coalesce(max(centroid) filter (where feature = '{{ feature.name }}'), 0) as {{ feature.name }},
        {%- endfor %}
        segment_id

    from {{ ref('int_segments_fitted') }}
    group by segment_id

),

distances as (

    select
        users.user_id,
        centres.segment_id,
        {{ squares | join(' + ') }} as squared_distance
    from users
    cross join centres

),

-- of two centres as near as each other the first counts
ranked as (

    select
        user_id,
        segment_id,
        squared_distance,
        row_number() over (partition by user_id order by squared_distance, segment_id) as place

    from distances
    qualify place <= 2

),

final as (

    select
        user_id,
        max(segment_id) filter (where place = 1) as segment_id,
        max(segment_id) filter (where place = 2) as runner_up_segment_id,
        max(squared_distance) filter (where place = 1) as squared_distance,
        max(squared_distance) filter (where place = 2) as runner_up_squared_distance

    from ranked
    group by user_id

)

select * from final
