with

thresholds as (

    select * from {{ ref('int_skip_thresholds_counted') }}

),

final as (

    select
        model,
        place,
        threshold,
        predicted_plays,
        predicted_skips,
        plays,
        skips,
        predicted_skips / cast(predicted_plays as double) as precision,
        predicted_skips / cast(skips as double) as recall
    from thresholds

)

select * from final
