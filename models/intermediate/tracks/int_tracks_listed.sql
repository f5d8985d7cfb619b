{%- set features = track_segment_features() -%}
-- The tracks that are to be segmented, those played often enough, with their features as they were observed.
with

tracks as (

    select * from {{ ref('track_features') }}
    where play_count >= {{ var('track_min_plays') }}

),

final as (

    select
        track_uri,
        {%- for feature in features %}
        cast({{ feature.name }} as double) as {{ feature.name }},
        {%- endfor %}
        coalesce(
            {%- for feature in features %}
            {{ feature.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) is not null as has_features

    from tracks

)

select * from final
