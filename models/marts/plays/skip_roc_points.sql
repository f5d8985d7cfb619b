with

thresholds as (

    select * from {{ ref('int_skip_thresholds_counted') }}

),

-- above the highest probability nothing is called a skip
starts as (

    select distinct
        model,
        cast(0 as bigint) as point,
        cast(null as double) as threshold,
        cast(0 as bigint) as predicted_plays,
        cast(0 as bigint) as predicted_skips,
        plays,
        skips
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
        point,
        threshold,
        (predicted_plays - predicted_skips) / cast(plays - skips as double) as false_positive_rate,
        predicted_skips / cast(skips as double) as true_positive_rate,
        predicted_plays,
        predicted_skips,
        plays,
        skips
    from points

)

select * from final
