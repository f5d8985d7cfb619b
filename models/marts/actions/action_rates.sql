with

levels as (

    select * from {{ ref('int_action_levels_summed') }}

),

level_orders as (

    select * from {{ ref('int_levels_declared') }}

),

ordered as (

    select
        levels.*,
        {{ level_order('levels', 'level_orders', 'levels.action, levels.attribute') }} as level_order

    from levels
    left join level_orders
        on
            levels.attribute = level_orders.attribute
            and levels.level = level_orders.level

),

final as (

    select
        action,
        attribute,
        level,
        level_order,

        users,
        performers,
        performers * 1.0 / users as action_rate,
        {{ wilson_bound('-', 'performers', 'users', 'effective_users') }} as ci_low,
        {{ wilson_bound('+', 'performers', 'users', 'effective_users') }} as ci_high,
        clusters,
        design_effect,
        effective_users

    from ordered

)

select * from final
