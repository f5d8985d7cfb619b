-- Users and performers of each level, by organisation. Free text is no attribute: its levels are counted as one.
with

counts as (

    select
        counts.action,
        counts.attribute,
        counts.org_id,
        counts.users,
        case
            when attributes.has_too_many_levels and counts.level <> '(missing)' then '(too many levels)'
            else counts.level
        end as level

    from {{ ref('int_action_users_counted') }} as counts
    left join {{ ref('int_attributes_sized') }} as attributes on counts.attribute = attributes.attribute

),

summed as (

    select
        action,
        attribute,
        level,
        org_id,
        cast(sum(users) as bigint) as users
    from counts
    group by action, attribute, level, org_id

),

actions as (

    select distinct action
    from summed
    where action is not null

),

final as (

    select
        actions.action,
        everybody.attribute,
        everybody.level,
        everybody.org_id,
        everybody.users,
        coalesce(performers.users, 0) as performers

    from summed as everybody
    cross join actions
    left join summed as performers
        on
            actions.action = performers.action
            and everybody.attribute = performers.attribute
            and everybody.level = performers.level
            and coalesce(cast(everybody.org_id as varchar), '') = coalesce(cast(performers.org_id as varchar), '')
    where everybody.action is null

)

select * from final
