with

importances as (

    select * from {{ ref('int_skip_models_judged') }}
    where kind = 'importance'

),

final as (

    select
        model,
        feature,
        auc_drop,
        auc_drop_sd,
        ci_low,
        ci_high,
        impurity_importance,
        plays,
        skips,
        row_number() over (
            partition by model
            order by auc_drop desc, feature asc
        ) as place
    from importances

)

select * from final
