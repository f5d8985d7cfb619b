{%- set names = segment_attributes() | map(attribute='name') | list -%}
-- Users of each segment by level and organisation. Levels of few users stand together, and so do those of an attribute with too many.
with

users as (

    select * from {{ ref('int_segment_users_described') }}

),

attributes as (

    select * from {{ ref('int_segment_attributes_sized') }}

),

counts as (

    select
        {{ attribute_and_level(names) }},
        segment_id,
        org_id,
        count(*) as users

    from users
    {{ attribute_sets(names, within='segment_id, org_id') }}

),

levels as (

    select
        attribute,
        level,
        sum(users) as users
    from counts
    group by attribute, level

),

named as (

    select
        counts.attribute,
        counts.segment_id,
        counts.org_id,
        counts.users,
        case
            when counts.level = '(missing)' then '(missing)'
            when attributes.has_too_many_levels then '(too many levels)'
            when levels.users < {{ var('min_group_users') }} then '(other)'
            else counts.level
        end as level

    from counts
    inner join attributes on counts.attribute = attributes.attribute
    inner join levels on counts.attribute = levels.attribute and counts.level = levels.level

),

final as (

    select
        attribute,
        level,
        segment_id,
        org_id,
        cast(sum(users) as bigint) as users
    from named
    group by attribute, level, segment_id, org_id

)

select * from final
