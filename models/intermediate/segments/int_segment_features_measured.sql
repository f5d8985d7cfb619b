{%- set features = segment_features() -%}
-- What is known of each feature over all users, in one scan: how many have it, its quartiles, and the bounds to which it is capped.
with

users as (

    select * from {{ ref('int_segment_users_listed') }}
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
        count(*) as users
    from users

),

features as (
    {% for feature in features %}
    select
        {{ loop.index }} as place,
        '{{ feature.name }}' as feature,
        {{ 'true' if feature.is_capped else 'false' }} as is_capped,
        users,
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

-- Tukey's fences; no caps where half of the users have one value: they would leave nothing else
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
        users,
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
