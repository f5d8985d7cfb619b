with

thresholds as (

    select * from {{ ref('int_skip_thresholds_counted') }}

),

final as (

    select
        model,
        point,
        threshold,
        predicted_skips / cast(predicted_plays as double) as precision,
        predicted_skips / cast(skips as double) as recall,
        predicted_plays,
        predicted_skips,
        plays,
        skips
    from thresholds

)

select * from final
