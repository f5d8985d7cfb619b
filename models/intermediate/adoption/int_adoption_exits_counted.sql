{%- set attributes = var('adoption_attributes') -%}
-- The day of their life on which users leave the group of those who could still adopt: by adopting, or because the observation ends at
-- as_of. The last activity ends nothing. Users from before the first day of the log are left out: their first days are unknown.
with

exits as (

    select
        *,
        case when is_adopted then greatest(days_to_adoption, 0) else days_observed end as day_number

    from {{ ref('int_users_attributed') }}
    where days_observed >= 0 and is_observed_from_signup

),

final as (

    select
        {{ attribute_and_level(attributes) }},
        day_number,
        count(*) as exits,
        count(*) filter (where is_adopted) as adopted

    from exits
    {{ attribute_sets(attributes, 'day_number') }}

)

select * from final
