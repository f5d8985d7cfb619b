with

bins as (

    select * from {{ ref('int_skip_models_calibrated') }}

),

final as (

    select
        model,
        bin,
        plays,
        skips,
        mean_predicted,
        observed_share,
        ci_low,
        ci_high
    from bins

)

select * from final
