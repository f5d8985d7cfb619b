-- The users whose level is known, as they are tested: small levels together, by organisation.
with

counts as (

    select * from {{ ref('int_action_levels_counted') }}
    where attribute <> '(all)' and level not in ('(missing)', '(too many levels)')

),

levels as (

    select
        counts.action,
        counts.attribute,
        counts.level,
        -- arms of an experiment have declared sizes, and stay what they are
        sum(counts.users) < {{ var('min_group_users') }} and attributes.type <> 'experiment' as is_small

    from counts
    inner join {{ ref('int_attributes_sized') }} as attributes on counts.attribute = attributes.attribute
    group by counts.action, counts.attribute, counts.level, attributes.type

),

small_levels as (

    select
        *,
        count(*) filter (where is_small) over (partition by action, attribute) as small_levels
    from levels

),

-- a single small level stays alone: there is none to put it together with
tested_groups as (

    select
        action,
        attribute,
        level,
        case when is_small and small_levels > 1 then '(other)' else level end as tested_level,
        case when is_small then small_levels else 1 end as pooled_levels
    from small_levels

),

final as (

    select
        counts.action,
        counts.attribute,
        tested_groups.tested_level as level,
        counts.org_id,
        cast(sum(counts.users) as bigint) as users,
        cast(sum(counts.performers) as bigint) as performers,
        max(tested_groups.pooled_levels) as pooled_levels

    from counts
    inner join tested_groups
        on
            counts.action = tested_groups.action
            and counts.attribute = tested_groups.attribute
            and counts.level = tested_groups.level
    group by counts.action, counts.attribute, tested_groups.tested_level, counts.org_id

)

select * from final
