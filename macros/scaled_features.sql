{# The scale of each feature: mean and standard deviation over all rows that can be segmented, after missing values and outliers were dealt with. #}
{% macro scaled_features(listed_rows, measured, features, counted) -%}
with

listed as (

    select * from {{ listed_rows }}
    where has_features

),

features as (

    select * from {{ measured }}

),

limits as (

    select
        {{ feature_columns(features, ['median', 'low', 'high']) }}
    from features

),

-- where the value lies between the feature's median and the far end of its range, from -1 to 1: a decimal, so that sums depend on no order
placed as (

    select
        {%- for feature in features %}
        cast(
            ({{ prepared_feature(feature, 'limits') }} - limits.{{ feature.name }}_median)
            / nullif(limits.{{ feature.name }}_high - limits.{{ feature.name }}_low, 0) as decimal(18, 15)
        ) as {{ feature.name }},
        {%- endfor %}
        listed.has_features

    from listed
    cross join limits

),

sums as (

    select
        {%- for feature in features %}
        sum({{ feature.name }}) as {{ feature.name }}_total,
        sum(cast(pow(cast({{ feature.name }} as double), 2) as decimal(18, 15))) as {{ feature.name }}_squares,
        {%- endfor %}
        count(*) as placed_rows
    from placed

),

moments as (
    {% for feature in features %}
    select
        '{{ feature.name }}' as feature,
        cast({{ feature.name }}_total as double) / placed_rows as mean_place,
        cast({{ feature.name }}_squares as double) / placed_rows as mean_square
    from sums
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

final as (

    select
        features.place,
        features.feature,
        features.{{ counted }},
        features.values_known,
        features.median,
        features.lower_quartile,
        features.upper_quartile,
        features.lowest,
        features.highest,
        features.lower_cap,
        features.upper_cap,
        features.low,
        features.high,
        features.median + coalesce(moments.mean_place, 0) * (features.high - features.low) as mean,
        coalesce(
            sqrt(greatest(0, moments.mean_square - moments.mean_place * moments.mean_place)) * (features.high - features.low), 0
        ) as std,
        coalesce(features.high > features.low, false) as is_used,
        case
            when features.{{ counted }} = 0 then 'no {{ counted }}'
            when features.values_known = 0 then 'no values'
            when features.high = features.low then 'the same for all {{ counted }}'
        end as unused_reason

    from features
    inner join moments on features.feature = moments.feature

)

select * from final
{%- endmacro %}
