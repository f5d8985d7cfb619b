{# What is known of each feature over all rows that can be segmented, in one scan: how many have it, its quartiles, and the bounds to which it is
   capped. `counted` is what the rows are: users or tracks. #}
{% macro measured_features(listed_rows, features, counted) -%}
with

listed as (

    select * from {{ listed_rows }}
    where has_features

),

summaries as (

    select
        {%- for feature in features %}
        count({{ feature.name }}) as {{ feature.name }}_values,
        {{ quantiles(feature.name, [0.25, 0.5, 0.75]) }} as {{ feature.name }}_quartiles,
        min({{ feature.name }}) as {{ feature.name }}_lowest,
        max({{ feature.name }}) as {{ feature.name }}_highest,
        {%- endfor %}
        count(*) as {{ counted }}
    from listed

),

features as (
    {% for feature in features %}
    select
        {{ loop.index }} as place,
        '{{ feature.name }}' as feature,
        {{ 'true' if feature.is_capped else 'false' }} as is_capped,
        {{ counted }},
        {{ feature.name }}_values as values_known,
        {{ list_item(feature.name ~ '_quartiles', 1) }} as lower_quartile,
        {{ list_item(feature.name ~ '_quartiles', 2) }} as median,
        {{ list_item(feature.name ~ '_quartiles', 3) }} as upper_quartile,
        {{ feature.name }}_lowest as lowest,
        {{ feature.name }}_highest as highest
    from summaries
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

-- Tukey's fences; no caps where half of the rows have one value: they would leave nothing else
fenced as (

    select
        *,
        is_capped and upper_quartile > lower_quartile as has_caps,
        lower_quartile - 1.5 * (upper_quartile - lower_quartile) as lower_fence,
        upper_quartile + 1.5 * (upper_quartile - lower_quartile) as upper_fence
    from features

),

final as (

    select
        place,
        feature,
        {{ counted }},
        values_known,
        median,
        lower_quartile,
        upper_quartile,
        lowest,
        highest,
        case when has_caps then lower_fence end as lower_cap,
        case when has_caps then upper_fence end as upper_cap,
        case when has_caps then greatest(lowest, lower_fence) else lowest end as low,
        case when has_caps then least(highest, upper_fence) else highest end as high

    from fenced

)

select * from final
{%- endmacro %}
