{%- set z = 1.959963984540054 -%}
with

summed_groups as (

    select * from {{ ref('int_groups_summed') }}

),

daily_users as (

    select
        attribute,
        level,
        sum(active_users * active_users) as active_users_squared
    from {{ ref('int_group_days_counted') }}
    group by attribute, level

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

level_orders as (

    select * from {{ ref('level_orders') }}

),

ratios as (

    select
        summed_groups.*,
        {{ level_order('summed_groups', 'level_orders', 'summed_groups.attribute') }} as level_order,
        observation.as_of,
        coalesce({{ dbt.datediff('observation.activity_started_on', 'observation.as_of', 'day') }} >= 13, false) as has_two_weeks,
        coalesce({{ dbt.datediff('observation.activity_started_on', 'observation.as_of', 'day') }} >= 27, false) as has_four_weeks,
        coalesce(daily_users.active_users_squared, 0) as active_users_squared

    from summed_groups
    cross join observation
    left join daily_users
        on
            summed_groups.attribute = daily_users.attribute
            and summed_groups.level = daily_users.level
    left join level_orders
        on
            summed_groups.attribute = level_orders.attribute
            and summed_groups.level = level_orders.level

),

-- how many organisations of equal size the active ones are worth; trends are told where the log covers both weeks
sized as (

    select
        *,
        case when has_two_weeks then recent_days * 1.0 / nullif(previous_days, 0) end as ratio,
        (recent_days + previous_days) * 1.0 * (recent_days + previous_days)
        / nullif(recent_squared + 2 * products + previous_squared, 0) as equal_clusters
    from ratios

),

-- the standard error of the ratio's logarithm
judged as (

    select
        *,
        round(ratio - 1, 12) as trend,
        sqrt(
            greatest(recent_squared - 2 * ratio * products + ratio * ratio * previous_squared, 0)
            * active_clusters / nullif(active_clusters - 1, 0)
            * {{ t_inflation('greatest(equal_clusters - 1, 1)') }}
        ) / nullif(recent_days, 0) as log_error
    from sized

),

bounded as (

    select
        *,
        -- nobody active any more: what a share of none among so many can be at most
        case
            when active_clusters <= 1 then null
            when recent_days = 0 and trend is not null then -1.0
            else round(ratio * exp(-{{ z }} * log_error) - 1, 12)
        end as ci_low,
        case
            when active_clusters <= 1 then null
            when recent_days = 0 and trend is not null then round(-pow(0.025, 1 / equal_clusters), 12)
            else round(ratio * exp({{ z }} * log_error) - 1, 12)
        end as ci_high
    from judged

),

final as (

    select
        attribute,
        level,
        level_order,
        users,
        active_users,

        round(recent_days / 7.0, 12) as recent_7d_average,
        case when has_two_weeks then round(previous_days / 7.0, 12) end as previous_7d_average,
        trend,
        ci_low as trend_ci_low,
        ci_high as trend_ci_high,
        case
            when not has_two_weeks then 'not_yet'
            when active_users < {{ var('test_min_users') }} or ci_low is null then 'too_few_users'
            when ci_high < 0 then 'falling'
            when ci_low > 0 then 'rising'
            else 'no_evidence'
        end as verdict,
        case
            when trend < {{ var('churn_risk_high_below') }} then 'high'
            when trend < {{ var('churn_risk_medium_below') }} then 'medium'
            when trend is not null then 'low'
        end as churn_risk,

        case when has_four_weeks then round(active_days / 28.0 / users, 12) end as active_day_share,
        case
            when has_four_weeks
                then sqrt(greatest(28 * active_users_squared - active_days * active_days, 0) * 28.0 / 27) / nullif(active_days, 0)
        end as activity_cv,
        as_of

    from bounded

)

select * from final
