with

counts as (

    select
        attribute,
        level,
        segment_id,
        cast(sum(users) as bigint) as users
    from {{ ref('int_segment_levels_counted') }}
    group by attribute, level, segment_id

),

known as (

    select * from {{ ref('int_segment_levels_summed') }}

),

-- every level in every segment; of those whose level is missing only how many they are
cells as (

    select
        attribute,
        level,
        segment_id,
        users,
        segment_users,
        effective_users,
        design_effect
    from known

    union all

    select
        attribute,
        level,
        segment_id,
        users,
        cast(null as bigint) as segment_users,
        cast(null as double) as effective_users,
        cast(null as double) as design_effect
    from counts
    where level = '(missing)'

),

shared as (

    select
        *,
        users * 1.0 / nullif(segment_users, 0) as share_of_segment,
        users * 1.0 / sum(users) over (partition by attribute, level) as share_of_level,
        sum(users) over (partition by attribute, level) * 1.0
        / nullif(sum(segment_users) over (partition by attribute, level), 0) as overall_share
    from cells

),

tests as (

    select * from {{ ref('int_segment_levels_tested') }}

),

level_orders as (

    select * from {{ ref('int_levels_declared') }}

),

segments as (

    select distinct
        segment_id,
        segment_name
    from {{ ref('int_segments_fitted') }}

),

final as (

    select
        shared.segment_id,
        segments.segment_name,
        shared.attribute,
        shared.level,
        cast(dense_rank() over (
            partition by shared.attribute
            order by
                shared.level = '(missing)',
                shared.level = '(other)',
                coalesce(level_orders.level_order, 1000000),
                shared.level
        ) as integer) as level_order,
        shared.users,
        shared.share_of_segment,
        {{ wilson_bound('-', 'shared.users', 'shared.segment_users', 'shared.effective_users') }} as ci_low,
        {{ wilson_bound('+', 'shared.users', 'shared.segment_users', 'shared.effective_users') }} as ci_high,
        shared.design_effect,
        shared.share_of_level,
        shared.overall_share,
        shared.share_of_segment / nullif(shared.overall_share, 0) as lift,
        tests.adjusted_residual,
        tests.p_value,
        tests.q_value,
        tests.q_limit

    from shared
    inner join segments on shared.segment_id = segments.segment_id
    left join tests
        on
            shared.attribute = tests.attribute
            and shared.level = tests.level
            and shared.segment_id = tests.segment_id
    left join level_orders on shared.attribute = level_orders.attribute and shared.level = level_orders.level

)

select * from final
