{# Each feature within each segment, in one scan: as observed, and as it entered the fit. Sums are of decimals, so that they depend on no order. #}
{% macro summed_features(nearest, listed_rows, standardised, measured, features, key, counted) -%}
with

assigned as (

    select
        {{ key }},
        segment_id
    from {{ nearest }}

),

listed as (

    select * from {{ listed_rows }}

),

scaled as (

    select * from {{ standardised }}

),

ranges as (

    select
        {{ feature_columns(features, ['median', 'lowest', 'highest']) }}
    from {{ measured }}

),

summaries as (

    select
        {%- for feature in features %}
        {%- set name = feature.name %}
        count(listed.{{ name }}) as {{ name }}_values,
        sum(cast(
            (listed.{{ name }} - ranges.{{ name }}_median)
            / nullif(ranges.{{ name }}_highest - ranges.{{ name }}_lowest, 0) as decimal(18, 15)
        )) as {{ name }}_places,
        {{ quantiles('listed.' ~ name, [0.1, 0.5, 0.9]) }} as {{ name }}_quantiles,
        sum(cast(scaled.{{ name }} as decimal(28, 9))) as {{ name }}_total,
        sum(cast(pow(scaled.{{ name }}, 2) as decimal(28, 9))) as {{ name }}_squares,
        max(ranges.{{ name }}_median) as {{ name }}_median,
        max(ranges.{{ name }}_highest - ranges.{{ name }}_lowest) as {{ name }}_range,
        {%- endfor %}
        assigned.segment_id,
        count(*) as {{ counted }}

    from assigned
    inner join listed on assigned.{{ key }} = listed.{{ key }}
    inner join scaled on assigned.{{ key }} = scaled.{{ key }}
    cross join ranges
    group by assigned.segment_id

),

final as (
    {% for feature in features %}
    {%- set name = feature.name %}
    select
        segment_id,
        {{ loop.index }} as place,
        '{{ name }}' as feature,
        {{ counted }},
        {{ name }}_values as values_known,
        {{ name }}_total as scaled_total,
        {{ name }}_squares as scaled_squares,
        {{ name }}_median as feature_median,
        {{ name }}_range as feature_range,
        coalesce({{ name }}_places, 0) as places_total,
        {{ list_item(name ~ '_quantiles', 1) }} as p10,
        {{ list_item(name ~ '_quantiles', 2) }} as median,
        {{ list_item(name ~ '_quantiles', 3) }} as p90
    from summaries
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select * from final
{%- endmacro %}
