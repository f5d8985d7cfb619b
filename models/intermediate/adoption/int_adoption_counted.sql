{%- set attributes = var('adoption_attributes') -%}
with

users as (

    select
        *,
        is_matured and is_observed_from_signup as is_counted_as_matured,
        is_adopted and days_to_adoption < {{ var('adoption_horizon_days') }} as is_adopted_in_time
    from {{ ref('int_users_attributed') }}
    where days_observed >= 0

),

final as (

    select
        {{ attribute_and_level(attributes) }},
        org_id,
        count(*) as users,
        count(*) filter (where is_adopted) as adopted_users,
        count(*) filter (where not is_observed_from_signup) as unobserved_users,
        count(*) filter (where is_counted_as_matured) as matured_users,
        count(*) filter (where is_counted_as_matured and is_adopted_in_time) as matured_adopted_users

    from users
    {{ attribute_sets(attributes, 'org_id') }}

)

select * from final
