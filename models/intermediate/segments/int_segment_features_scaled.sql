{%- set features = segment_features() -%}
{%- if var('refit') == 'never' -%}
-- The scale of the last fit, as this model left it: with another one its centroids would mean nothing.
select * from {{ kept_fit() }} -- noqa: AM04
{%- else -%}
-- The scale of each feature: mean and standard deviation over all users, after missing values and outliers were dealt with.
with

users as (

    select * from {{ ref('int_segment_users_listed') }}
    where has_features

),

features as (

    select * from {{ ref('int_segment_features_measured') }}

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
        users.user_id

    from users
    cross join limits

),

sums as (

    select
        {%- for feature in features %}
        sum({{ feature.name }}) as {{ feature.name }}_total,
        sum(cast(pow(cast({{ feature.name }} as double), 2) as decimal(18, 15))) as {{ feature.name }}_squares,
        {%- endfor %}
        count(*) as users
    from placed

),

moments as (
    {% for feature in features %}
    select
        '{{ feature.name }}' as feature,
        cast({{ feature.name }}_total as double) / users as mean_place,
        cast({{ feature.name }}_squares as double) / users as mean_square
    from sums
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

final as (

    select
        features.place,
        features.feature,
        features.users,
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
            when features.users = 0 then 'no users'
            when features.values_known = 0 then 'no values'
            when features.high = features.low then 'the same for all users'
        end as unused_reason

    from features
    inner join moments on features.feature = moments.feature

)

select * from final
{%- endif %}
