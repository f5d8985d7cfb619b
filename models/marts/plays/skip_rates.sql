with

levels as (

    select * from {{ ref('int_skip_levels_summed') }}

),

level_orders as (

    select * from {{ ref('level_orders') }}

),

final as (

    select
        levels.attribute,
        levels.level,
        levels.listeners,
        levels.plays,
        levels.skips,
        levels.design_effect,
        levels.effective_plays,
        {{ level_order('levels', 'level_orders', 'levels.attribute') }} as level_order,
        levels.skips * 1.0 / levels.plays as skip_rate,
        {{ wilson_bound('-', 'levels.skips', 'levels.plays', 'levels.effective_plays') }} as ci_low,
        {{ wilson_bound('+', 'levels.skips', 'levels.plays', 'levels.effective_plays') }} as ci_high

    from levels
    left join level_orders
        on
            levels.attribute = level_orders.attribute
            and levels.level = level_orders.level

)

select * from final
