-- Users of each level in each segment, also where there are none, and how much of what they are more or fewer than independence would lead
-- to is the doing of organisations: per organisation the excess, squared, and summed. Only users whose level is known count.
with

counts as (

    select * from {{ ref('int_segment_levels_counted') }}

),

known as (

    select * from counts
    where level <> '(missing)'

),

totals as (

    select
        attribute,
        sum(users) as users
    from known
    group by attribute

),

levels as (

    select
        known.attribute,
        known.level,
        sum(known.users) * 1.0 / max(totals.users) as share
    from known
    inner join totals on known.attribute = totals.attribute
    group by known.attribute, known.level

),

segments as (

    select
        known.attribute,
        known.segment_id,
        sum(known.users) * 1.0 / max(totals.users) as share
    from known
    inner join totals on known.attribute = totals.attribute
    group by known.attribute, known.segment_id

),

organisations as (

    select
        attribute,
        org_id,
        sum(users) as users
    from known
    group by attribute, org_id

),

organisation_levels as (

    select
        attribute,
        org_id,
        level,
        sum(users) as users
    from known
    group by attribute, org_id, level

),

organisation_segments as (

    select
        attribute,
        org_id,
        segment_id,
        sum(users) as users
    from known
    group by attribute, org_id, segment_id

),

-- every organisation with every level and segment; users without an organisation stand together in one row
cells as (

    select
        organisations.attribute,
        organisations.org_id,
        levels.level,
        segments.segment_id,
        levels.share as level_share,
        segments.share as segment_share,
        organisations.users,
        coalesce(organisation_levels.users, 0) as level_users,
        coalesce(organisation_segments.users, 0) as segment_users,
        coalesce(known.users, 0) as cell_users

    from organisations
    inner join levels on organisations.attribute = levels.attribute
    inner join segments on organisations.attribute = segments.attribute
    left join organisation_levels
        on
            organisations.attribute = organisation_levels.attribute
            and levels.level = organisation_levels.level
            and coalesce(cast(organisations.org_id as varchar), '') = coalesce(cast(organisation_levels.org_id as varchar), '')
    left join organisation_segments
        on
            organisations.attribute = organisation_segments.attribute
            and segments.segment_id = organisation_segments.segment_id
            and coalesce(cast(organisations.org_id as varchar), '') = coalesce(cast(organisation_segments.org_id as varchar), '')
    left join known
        on
            organisations.attribute = known.attribute
            and levels.level = known.level
            and segments.segment_id = known.segment_id
            and coalesce(cast(organisations.org_id as varchar), '') = coalesce(cast(known.org_id as varchar), '')

),

excesses as (

    select
        *,
        case
            when org_id is null
                then
                    cell_users * pow((1 - segment_share) * (1 - level_share), 2)
                    + (level_users - cell_users) * pow(segment_share * (1 - level_share), 2)
                    + (segment_users - cell_users) * pow((1 - segment_share) * level_share, 2)
                    + (users - level_users - segment_users + cell_users) * pow(segment_share * level_share, 2)
            else
                pow(
                    cell_users - segment_share * level_users - level_share * segment_users + segment_share * level_share * users, 2
                )
        end as square

    from cells

),

-- organisations of equal size that would tell as much, of the users of each level and of each segment
level_supports as (

    select
        attribute,
        level,
        pow(sum(users), 2) / sum(case when org_id is null then users else users * users end) as support
    from organisation_levels
    group by attribute, level

),

segment_supports as (

    select
        attribute,
        segment_id,
        pow(sum(users), 2) / sum(case when org_id is null then users else users * users end) as support
    from organisation_segments
    group by attribute, segment_id

),

summed as (

    select
        attribute,
        level,
        segment_id,
        cast(sum(cell_users) as bigint) as users,
        cast(sum(cast(square as decimal(28, 12))) as double) as squares,
        {{ clustered_counts('cell_users', 'segment_users', 'share') }}
    from excesses
    group by attribute, level, segment_id

),

correlated as (

    select
        *,
        {{ intraclass_correlation('share', within='attribute') }} as share_correlation
    from summed

),

final as (

    select
        correlated.attribute,
        correlated.level,
        correlated.segment_id,
        correlated.users,
        correlated.share_trials as segment_users,
        correlated.squares,
        level_supports.support as level_support,
        segment_supports.support as segment_support,
        {{ design_effect('share') }} as design_effect,
        {{ effective_trials('share') }} as effective_users

    from correlated
    inner join level_supports on correlated.attribute = level_supports.attribute and correlated.level = level_supports.level
    inner join segment_supports on correlated.attribute = segment_supports.attribute and correlated.segment_id = segment_supports.segment_id

)

select * from final
