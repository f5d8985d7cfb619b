with

classes as (

    select * from {{ ref('int_skip_classes_reported') }}

),

final as (

    select
        model,
        class,
        precision,
        precision_ci_low,
        precision_ci_high,
        recall,
        recall_ci_low,
        recall_ci_high,
        f1,
        plays
    from classes

)

select * from final
