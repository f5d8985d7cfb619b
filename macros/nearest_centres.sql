{# The segment whose centre is nearest to each row, and the one that comes next. #}
{% macro nearest_centres(standardised, fitted, features, key) -%}
    {%- set squares = [] -%}
    {%- for feature in features -%}
        {%- do squares.append('pow(scaled.' ~ feature.name ~ ' - centres.' ~ feature.name ~ ', 2)') -%}
    {%- endfor -%}
with

scaled as (

    select * from {{ standardised }}

),

centres as (

    select
        {%- for feature in features %}
        coalesce(max(centroid) filter (where feature = '{{ feature.name }}'), 0) as {{ feature.name }},
        {%- endfor %}
        segment_id

    from {{ fitted }}
    group by segment_id

),

distances as (

    select
        scaled.{{ key }},
        centres.segment_id,
        {{ squares | join(' + ') }} as squared_distance
    from scaled
    cross join centres

),

-- of two centres as near as each other the first counts
ranked as (

    select
        {{ key }},
        segment_id,
        squared_distance,
        row_number() over (partition by {{ key }} order by squared_distance, segment_id) as place

    from distances
    qualify place <= 2

),

final as (

    select
        {{ key }},
        max(segment_id) filter (where place = 1) as segment_id,
        max(segment_id) filter (where place = 2) as runner_up_segment_id,
        max(squared_distance) filter (where place = 1) as squared_distance,
        max(squared_distance) filter (where place = 2) as runner_up_squared_distance

    from ranked
    group by {{ key }}

)

select * from final
{%- endmacro %}
