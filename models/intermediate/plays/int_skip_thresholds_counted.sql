{{ config(materialized='view') }}
-- What each threshold of the predicted probability calls a skip, of the plays after the fit: at most one threshold per hundredth of them.
with

plays as (

    select * from {{ ref('int_skip_models_judged') }}
    where kind = 'prediction' and evaluation = 'future'

),

probabilities as (

    select
        model,
        probability as threshold,
        count(*) as plays,
        count(*) filter (where is_skip) as skips
    from plays
    group by model, probability

),

cumulated as (

    select
        model,
        threshold,
        plays as plays_at,
        cast(sum(plays) over (
            partition by model
            order by threshold desc
            rows between unbounded preceding and current row
        ) as bigint) as predicted_plays,
        cast(sum(skips) over (
            partition by model
            order by threshold desc
            rows between unbounded preceding and current row
        ) as bigint) as predicted_skips,
        cast(sum(plays) over (partition by model) as bigint) as plays,
        cast(sum(skips) over (partition by model) as bigint) as skips

    from probabilities

),

final as (

    select
        model,
        threshold,
        predicted_plays,
        predicted_skips,
        plays,
        skips,
        row_number() over (
            partition by model
            order by threshold desc
        ) as place

    from cumulated
    where floor(100 * predicted_plays / plays) > floor(100 * (predicted_plays - plays_at) / plays)

)

select * from final
