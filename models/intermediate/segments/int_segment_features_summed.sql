{%- set features = segment_features() -%}
-- Each feature within each segment, in one scan: as observed, and as it entered the fit. Sums are of decimals, so that they depend on no
-- order.
with

assigned as (

    select
        user_id,
        segment_id
    from {{ ref('int_segment_users_assigned') }}

),

users as (

    select * from {{ ref('int_segment_users_listed') }}

),

scaled as (

    select * from {{ ref('int_segment_users_scaled') }}

),

ranges as (

    select
        {{ feature_columns(features, ['median', 'lowest', 'highest']) }}
    from {{ ref('int_segment_features_measured') }}

),

summaries as (

    select
        {%- for feature in features %}
        {%- set name = feature.name %}
        count(users.{{ name }}) as {{ name }}_values,
        sum(cast(
            (users.{{ name }} - ranges.{{ name }}_median)
            / nullif(ranges.{{ name }}_highest - ranges.{{ name }}_lowest, 0) as decimal(18, 15)
        )) as {{ name }}_places,
        {{ quantiles('users.' ~ name, [0.1, 0.5, 0.9]) }} as {{ name }}_quantiles,
        sum(cast(scaled.{{ name }} as decimal(28, 9))) as {{ name }}_total,
        sum(cast(pow(scaled.{{ name }}, 2) as decimal(28, 9))) as {{ name }}_squares,
        max(ranges.{{ name }}_median) as {{ name }}_median,
        max(ranges.{{ name }}_highest - ranges.{{ name }}_lowest) as {{ name }}_range,
        {%- endfor %}
        assigned.segment_id,
        count(*) as users

    from assigned
    inner join users on assigned.user_id = users.user_id
    inner join scaled on assigned.user_id = scaled.user_id
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
        users,
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
