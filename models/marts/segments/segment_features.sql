with

scales as (

    select * from {{ ref('int_segment_features_scaled') }}

),

summaries as (

    select
        feature,
        cast(users as double) as users,
        cast(scaled_total as double) as total,
        cast(sum(scaled_total) over (partition by feature) as double) as overall_total,
        cast(sum(scaled_squares) over (partition by feature) as double) as overall_squares,
        cast(sum(users) over (partition by feature) as double) as overall_users
    from {{ ref('int_segment_features_summed') }}

),

-- how much of a feature's variance over all users lies between the segments
importances as (

    select
        feature,
        cast(sum(cast(users * pow(total / users - overall_total / overall_users, 2) as decimal(28, 9))) as double)
        / nullif(max(overall_squares - overall_total * overall_total / overall_users), 0) as importance
    from summaries
    group by feature

),

final as (

    select
        scales.feature,
        scales.is_used,
        scales.unused_reason,
        scales.users,
        scales.median,
        scales.lower_quartile,
        scales.upper_quartile,
        scales.lower_cap,
        scales.upper_cap,
        scales.mean,
        scales.std,
        cast(scales.place as integer) as place,
        scales.users - scales.values_known as missing_users,
        case when scales.is_used then round(importances.importance, 9) end as importance

    from scales
    left join importances on scales.feature = importances.feature

)

select * from final
