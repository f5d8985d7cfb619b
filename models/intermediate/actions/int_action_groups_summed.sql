-- The groups of each test, with what the variance between organisations is made of: residuals are performers less those expected at the
-- group's rate, summed within organisations. Decimals, because their sums do not depend on the order of the rows.
with

counts as (

    select * from {{ ref('int_action_groups_counted') }}

),

tested_groups as (

    select
        action,
        attribute,
        level,
        max(pooled_levels) as pooled_levels,
        {{ clustered_counts('performers', 'users', 'action') }},
        cast(coalesce(sum(users) filter (where org_id is not null), 0) as bigint) as shared_users,
        cast(coalesce(sum(performers) filter (where org_id is not null), 0) as bigint) as shared_performers

    from counts
    group by action, attribute, level

),

supported_groups as (

    select
        *,
        action_successes * 1.0 / action_trials as rate,
        -- organisations of equal size that would tell as much of the group
        action_trials * 1.0 * action_trials / action_trials_squared as support
    from tested_groups

),

-- a rate that is taken from few organisations lies too near to each of them
residuals as (

    select
        counts.action,
        counts.attribute,
        counts.level,
        counts.org_id,
        cast(
            (counts.performers - counts.users * supported_groups.rate)
            * sqrt(supported_groups.support / greatest(supported_groups.support - 1, 0.01))
            as decimal(18, 9)
        ) as residual

    from counts
    inner join supported_groups
        on
            counts.action = supported_groups.action
            and counts.attribute = supported_groups.attribute
            and counts.level = supported_groups.level
    where counts.org_id is not null

),

organisations as (

    select
        action,
        attribute,
        org_id,
        cast(sum(residual) as decimal(18, 9)) as residual
    from residuals
    group by action, attribute, org_id

),

squares as (

    select
        residuals.action,
        residuals.attribute,
        residuals.level,
        cast(sum(residuals.residual * residuals.residual) as double) as residual_squares,
        cast(sum(residuals.residual * organisations.residual) as double) as residual_products

    from residuals
    inner join organisations
        on
            residuals.action = organisations.action
            and residuals.attribute = organisations.attribute
            and residuals.org_id = organisations.org_id
    group by residuals.action, residuals.attribute, residuals.level

),

numbers_of_organisations as (

    select
        action,
        attribute,
        count(*) as organisations
    from organisations
    group by action, attribute

),

final as (

    select
        tested_groups.action,
        tested_groups.attribute,
        tested_groups.level,
        tested_groups.pooled_levels,
        tested_groups.action_trials as users,
        tested_groups.action_successes as performers,
        tested_groups.shared_users,
        tested_groups.shared_performers,
        coalesce(numbers_of_organisations.organisations, 0) as organisations,
        tested_groups.support,
        coalesce(squares.residual_squares, 0) as residual_squares,
        coalesce(squares.residual_products, 0) as residual_products,
        {{ level_order('tested_groups', 'level_orders', 'tested_groups.action, tested_groups.attribute') }} as level_order

    from supported_groups as tested_groups
    left join {{ ref('int_levels_declared') }} as level_orders
        on
            tested_groups.attribute = level_orders.attribute
            and tested_groups.level = level_orders.level
    left join squares
        on
            tested_groups.action = squares.action
            and tested_groups.attribute = squares.attribute
            and tested_groups.level = squares.level
    left join numbers_of_organisations
        on
            tested_groups.action = numbers_of_organisations.action
            and tested_groups.attribute = numbers_of_organisations.attribute

)

select * from final
