with

bins as (

    select * from {{ ref('int_action_models_calibrated') }}

),

final as (

    select
        action,
        model,
        bin,
        users,
        events,
        mean_predicted,
        observed_share,
        ci_low,
        ci_high

    from bins

)

select * from final
