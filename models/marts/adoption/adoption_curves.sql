with

exits as (

    select
        attribute,
        level,
        day_number,
        exits,
        adopted as events
    from {{ ref('int_adoption_exits_counted') }}

),

-- how many times larger a share's variance is because users come in organisations, as the rates have it
inflations as (

    select
        attribute,
        level,
        coalesce(
            matured_users * 1.0 / nullif(matured_effective_users, 0),
            users * 1.0 / nullif(effective_users, 0)
        ) as inflation
    from {{ ref('int_adoption_levels_summed') }}

),

{{ kaplan_meier() }},

final as (

    select
        attribute,
        level,
        day_number as days_since_signup,
        at_risk,
        events as adopted,
        events_so_far as adopted_so_far,
        event_share as adopted_share,
        ci_low,
        ci_high
    from curve

)

select * from final
