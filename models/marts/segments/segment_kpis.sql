with

sums as (

    select * from {{ ref('int_segment_kpis_summed') }}

),

segments as (

    select distinct
        segment_id,
        segment_name
    from {{ ref('int_segments_fitted') }}

),

features as (

    select * from {{ ref('int_segment_features_scaled') }}

),

means as (

    select
        kpi,
        segment_id,
        sum(users) as users,
        sum(values_known) as values_known,
        max(lowest) as lowest,
        max(value_range) as value_range,
        cast(sum(places_total) as double) / nullif(sum(values_known), 0) as mean_place,
        sum(case when org_id is null then values_known else values_known * values_known end) as values_squared
    from sums
    group by kpi, segment_id

),

-- what users, or organisations of users, add to the variance of the mean
spreads as (

    select
        sums.kpi,
        sums.segment_id,
        cast(sum(cast(
            case
                when sums.org_id is null
                    then greatest(
                        0, sums.places_squares - 2 * means.mean_place * sums.places_total + sums.values_known * pow(means.mean_place, 2)
                    )
                else pow(sums.places_total - sums.values_known * means.mean_place, 2)
            end as decimal(38, 15)
        )) as double) as squares

    from sums
    inner join means on sums.kpi = means.kpi and sums.segment_id = means.segment_id
    where sums.values_known > 0
    group by sums.kpi, sums.segment_id

),

-- users, or organisations of equal size, that would tell as much
supported as (

    select
        means.*,
        spreads.squares,
        means.values_known * 1.0 * means.values_known / nullif(means.values_squared, 0) as support
    from means
    left join spreads on means.kpi = spreads.kpi and means.segment_id = spreads.segment_id

),

intervals as (

    select
        *,
        case
            when support > 1
                then value_range * 1.959963984540054 * sqrt({{ t_inflation('(support - 1)') }} * support / (support - 1) * squares)
        end / values_known as half_width,
        lowest + mean_place * value_range as mean
    from supported

),

final as (

    select
        intervals.segment_id,
        segments.segment_name,
        intervals.kpi,
        cast(intervals.users as bigint) as users,
        cast(intervals.values_known as bigint) as values_known,
        intervals.mean,
        round(intervals.mean - intervals.half_width, 9) as ci_low,
        round(intervals.mean + intervals.half_width, 9) as ci_high,
        coalesce(features.is_used, false) as is_built_from

    from intervals
    inner join segments on intervals.segment_id = segments.segment_id
    left join features on intervals.kpi = features.feature

)

select * from final
