with

levels as (

    select * from {{ ref('int_adoption_levels_summed') }}

),

level_orders as (

    select * from {{ ref('level_orders') }}

),

ordered as (

    select
        levels.*,
        {{ level_order('levels', 'level_orders', 'levels.attribute') }} as level_order

    from levels
    left join level_orders
        on
            levels.attribute = level_orders.attribute
            and levels.level = level_orders.level

),

final as (

    select
        attribute,
        level,
        level_order,

        users,
        adopted_users,
        adopted_users * 1.0 / users as adoption_rate,
        {{ wilson_bound('-', 'adopted_users', 'users', 'effective_users') }} as ci_low,
        {{ wilson_bound('+', 'adopted_users', 'users', 'effective_users') }} as ci_high,
        clusters,
        design_effect,
        effective_users,

        unobserved_users,
        matured_users,
        matured_adopted_users,
        matured_adopted_users * 1.0 / nullif(matured_users, 0) as matured_rate,
        {{ wilson_bound('-', 'matured_adopted_users', 'matured_users', 'matured_effective_users') }} as matured_ci_low,
        {{ wilson_bound('+', 'matured_adopted_users', 'matured_users', 'matured_effective_users') }} as matured_ci_high,
        matured_clusters,
        matured_design_effect,
        matured_effective_users

    from ordered

)

select * from final
