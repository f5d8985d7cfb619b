with

exits as (

    select
        attribute,
        level,
        day_number,
        exits,
        left_users as events
    from {{ ref('int_survival_exits_counted') }}

),

levels as (

    select * from {{ ref('int_survival_levels_summed') }}

),

inflations as (

    select
        attribute,
        level,
        inflation
    from levels

),

{{ kaplan_meier() }},

final as (

    select
        curve.attribute,
        curve.level,
        curve.day_number as days_since_origin,
        curve.at_risk,
        curve.events as left_users,
        curve.events_so_far as left_so_far,
        levels.left_out_users,
        round(1 - curve.event_share, 12) as staying_share,
        round(1 - curve.ci_high, 12) as ci_low,
        round(1 - curve.ci_low, 12) as ci_high

    from curve
    inner join levels
        on
            curve.attribute = levels.attribute
            and curve.level = levels.level

)

select * from final
