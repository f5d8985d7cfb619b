with

interactions as (

    select * from {{ ref('int_action_interactions_tested') }}

),

final as (

    select
        action,
        model,
        interaction,
        verdict,
        statistic,
        degrees_of_freedom,
        p_value,
        q_value,
        users,
        events

    from interactions

)

select * from final
