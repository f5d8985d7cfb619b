{%- set features = var('adoption_model_features') -%}
-- The covariate patterns of all users who are predicted, one row per feature: far fewer than users.
with

users as (

    select
        user_id,
        pattern_key
    from {{ ref('int_users_landmarked') }}
    where pattern_key is not null

),

features as (

    select
        {%- for feature in features %}
        {{ pattern_value(feature) }} as {{ feature.name }},
        {%- endfor %}
        user_id
    from {{ ref('user_features') }}

),

patterns as (

    select
        users.pattern_key,
        {%- for feature in features %}
        min(features.{{ feature.name }}) as {{ feature.name }},
        {%- endfor %}
        row_number() over (order by users.pattern_key) as pattern_id

    from users
    inner join features on users.user_id = features.user_id
    group by users.pattern_key

),

final as (
    {% for feature in features %}
    select
        pattern_id,
        pattern_key,
        '{{ feature.name }}' as attribute,
        {{ feature.name if feature.type == 'categorical' else 'cast(null as varchar)' }} as level,
        {{ feature.name if feature.type == 'numeric' else 'cast(null as double)' }} as number
    from patterns
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select * from final
