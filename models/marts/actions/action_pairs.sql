with

pairs as (

    select * from {{ ref('int_action_levels_paired') }}

),

final as (

    select
        action,
        attribute,
        level,
        other_level,
        verdict,

        users,
        performers,
        other_users,
        other_performers,
        difference,
        ci_low,
        ci_high,
        ci_level,

        test,
        p_value,
        q_value,
        q_limit,
        design_effect

    from pairs

)

select * from final
