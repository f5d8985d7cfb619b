with

levels as (

    select * from {{ ref('int_action_levels_summed') }}

),

level_orders as (

    select * from {{ ref('int_levels_declared') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

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
        ordered.action,
        ordered.attribute,
        ordered.level,
        ordered.level_order,

        ordered.users,
        ordered.performers,
        ordered.performers * 1.0 / ordered.users as action_rate,
        {{ wilson_bound('-', 'ordered.performers', 'ordered.users', 'ordered.effective_users') }} as ci_low,
        {{ wilson_bound('+', 'ordered.performers', 'ordered.users', 'ordered.effective_users') }} as ci_high,
        ordered.clusters,
        ordered.design_effect,
        ordered.effective_users,
        observation.as_of

    from ordered
    cross join observation

)

select * from final
