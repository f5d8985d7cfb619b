with

counts as (

    select * from {{ ref('int_adoption_counted') }}

),

level_orders as (

    select * from {{ ref('level_orders') }}

),

summed as (

    select
        attribute,
        level,
        {{ clustered_counts('adopted_users', 'users', 'adoption') }},
        {{ clustered_counts('matured_adopted_users', 'matured_users', 'matured') }}

    from counts
    group by attribute, level

),

with_design_effects as (

    select
        *,
        {{ design_effect('adoption') }} as design_effect,
        {{ design_effect('matured') }} as matured_design_effect

    from summed

),

ordered as (

    select
        with_design_effects.*,
        {{ level_order('with_design_effects', 'level_orders') }} as level_order

    from with_design_effects
    left join level_orders
        on
            with_design_effects.attribute = level_orders.attribute
            and with_design_effects.level = level_orders.level

),

final as (

    select
        attribute,
        level,
        level_order,

        adoption_trials as users,
        adoption_successes as adopted_users,
        adoption_successes * 1.0 / adoption_trials as adoption_rate,
        {{ wilson_bound('-', 'adoption_successes', 'adoption_trials', 'design_effect') }} as ci_low,
        {{ wilson_bound('+', 'adoption_successes', 'adoption_trials', 'design_effect') }} as ci_high,
        design_effect,

        matured_trials as matured_users,
        matured_successes as matured_adopted_users,
        matured_successes * 1.0 / nullif(matured_trials, 0) as matured_rate,
        {{ wilson_bound('-', 'matured_successes', 'matured_trials', 'matured_design_effect') }} as matured_ci_low,
        {{ wilson_bound('+', 'matured_successes', 'matured_trials', 'matured_design_effect') }} as matured_ci_high,
        matured_design_effect

    from ordered

)

select * from final
