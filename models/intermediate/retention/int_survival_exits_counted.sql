{%- set attributes = var('retention_attributes') -%}
-- The day, since the origin, on which users leave the group of those who could still leave: by their first silence, or because the
-- observation ends.
with

exits as (

    select
        silences.*,
        users.segment,
        users.creation_source,
        users.invitation,
        users.organisation_size,
        users.signup_weekday,
        users.signup_month

    from {{ ref('int_silences_found') }} as silences
    inner join {{ ref('int_survivors_listed') }} as users
        on
            silences.origin = users.origin
            and silences.user_id = users.user_id

),

final as (

    select
        {{ attribute_and_level(attributes) }},
        day_number,
        count(*) as exits,
        count(*) filter (where has_left) as left_users

    from exits
    where origin = 'sign-up'
    {{ attribute_sets(attributes, 'day_number') }}

    union all

    select
        'segment' as attribute,
        segment as level,
        day_number,
        count(*) as exits,
        count(*) filter (where has_left) as left_users

    from exits
    where origin = 'segment'
    group by segment, day_number

)

select * from final
