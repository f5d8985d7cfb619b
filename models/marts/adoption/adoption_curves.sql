{%- set z = 1.959963984540054 -%}
with

exits as (

    select * from {{ ref('int_adoption_exits_counted') }}

),

-- how many times larger a share's variance is because users come in organisations, as the rates have it
inflations as (

    select
        attribute,
        level,
        coalesce(
            matured_users * 1.0 / nullif(matured_effective_users, 0),
            users * 1.0 / nullif(effective_users, 0)
        ) as inflation
    from {{ ref('int_adoption_levels_summed') }}

),

last_days as (

    select
        attribute,
        level,
        max(day_number) as last_day
    from exits
    group by attribute, level

),

-- every day of a group's life, also those on which nobody left
days as (

    select
        last_days.attribute,
        last_days.level,
        listed_days.day_number as days_since_signup,
        coalesce(exits.exits, 0) as exits,
        coalesce(exits.adopted, 0) as adopted

    from last_days
    inner join {{ ref('int_days_listed') }} as listed_days on last_days.last_day >= listed_days.day_number
    left join exits
        on
            last_days.attribute = exits.attribute
            and last_days.level = exits.level
            and listed_days.day_number = exits.day_number

),

days_at_risk as (

    select
        attribute,
        level,
        days_since_signup,
        adopted,
        cast(sum(exits) over (
            partition by attribute, level
            order by days_since_signup desc
        ) as bigint) as at_risk

    from days

),

-- sums of Kaplan and Meier's product and of Greenwood's variance
summed as (

    select
        attribute,
        level,
        days_since_signup,
        at_risk,
        adopted,
        cast(sum(adopted) over (
            partition by attribute, level
            order by days_since_signup
        ) as bigint) as adopted_so_far,
        min(at_risk - adopted) over (
            partition by attribute, level
            order by days_since_signup
        ) as fewest_left,
        sum(case when at_risk > adopted then ln((at_risk - adopted) * 1.0 / at_risk) end) over (
            partition by attribute, level
            order by days_since_signup
        ) as log_survival,
        sum(case when at_risk > adopted then adopted * 1.0 / at_risk / (at_risk - adopted) end) over (
            partition by attribute, level
            order by days_since_signup
        ) as greenwood

    from days_at_risk
    where at_risk >= {{ var('curve_min_at_risk') }}

),

inflated as (

    select
        summed.attribute,
        summed.level,
        summed.days_since_signup,
        summed.at_risk,
        summed.adopted,
        summed.adopted_so_far,
        summed.fewest_left,
        summed.log_survival,
        inflations.inflation,
        summed.greenwood * inflations.inflation as variance

    from summed
    inner join inflations
        on
            summed.attribute = inflations.attribute
            and summed.level = inflations.level

),

final as (

    select
        attribute,
        level,
        cast(days_since_signup as integer) as days_since_signup,
        at_risk,
        cast(adopted as bigint) as adopted,
        adopted_so_far,
        case when fewest_left = 0 then 1.0 else round(1 - exp(log_survival), 12) end as adopted_share,
        -- log-log interval; before the first adoption the exact one for no event among those at risk; none where all have adopted
        case
            when fewest_left = 0 then null
            when adopted_so_far = 0 then 0.0
            else round(1 - pow(exp(log_survival), exp(-{{ z }} * sqrt(variance) / -log_survival)), 12)
        end as ci_low,
        case
            when fewest_left = 0 then null
            when adopted_so_far = 0 then round(1 - pow(0.025, inflation / at_risk), 12)
            else round(1 - pow(exp(log_survival), exp({{ z }} * sqrt(variance) / -log_survival)), 12)
        end as ci_high

    from inflated

)

select * from final
