with

thresholds as (

    select * from {{ ref('int_skip_thresholds_counted') }}

),

-- above the highest probability nothing is called a skip
starts as (

    select distinct
        model,
        cast(null as double) as threshold,
        cast(0 as bigint) as predicted_plays,
        cast(0 as bigint) as predicted_skips,
        plays,
        skips,
        cast(0 as bigint) as place
    from thresholds

),

points as (

    select * from starts
    union all
    select * from thresholds

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
        (predicted_plays - predicted_skips) / cast(plays - skips as double) as false_positive_rate,
        predicted_skips / cast(skips as double) as true_positive_rate
    from points

)

select * from final
