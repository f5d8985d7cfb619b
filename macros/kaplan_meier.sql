{# CTEs, the last of them `curve`, for the share of a group to whom something has happened by each day (Kaplan and Meier 1958), with the log-log
   interval from Greenwood's variance. They take the CTEs `exits` (attribute, level, day_number, exits, events: who leaves those at risk on that day,
   and of them with the event) and `inflations` (attribute, level, inflation: how many times larger the variance is because users come in
   organisations). Rows stop where fewer than `curve_min_at_risk` are at risk. #}
{% macro kaplan_meier() -%}
{%- set z = 1.959963984540054 -%}
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
        listed_days.day_number,
        coalesce(exits.exits, 0) as exits,
        coalesce(exits.events, 0) as events

    from last_days
    inner join {{ ref('int_days_listed') }} as listed_days on listed_days.day_number between 0 and last_days.last_day
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
        day_number,
        events,
        cast(sum(exits) over (
            partition by attribute, level
            order by day_number desc
        ) as bigint) as at_risk

    from days

),

-- sums of Kaplan and Meier's product and of Greenwood's variance
summed as (

    select
        attribute,
        level,
        day_number,
        at_risk,
        events,
        cast(sum(events) over (
            partition by attribute, level
            order by day_number
        ) as bigint) as events_so_far,
        min(at_risk - events) over (
            partition by attribute, level
            order by day_number
        ) as fewest_left,
        sum(case when at_risk > events then ln((at_risk - events) * 1.0 / at_risk) end) over (
            partition by attribute, level
            order by day_number
        ) as log_survival,
        sum(case when at_risk > events then events * 1.0 / at_risk / (at_risk - events) end) over (
            partition by attribute, level
            order by day_number
        ) as greenwood

    from days_at_risk
    where at_risk >= {{ var('curve_min_at_risk') }}

),

inflated as (

    select
        summed.attribute,
        summed.level,
        summed.day_number,
        summed.at_risk,
        summed.events,
        summed.events_so_far,
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

curve as (

    select
        attribute,
        level,
        cast(day_number as integer) as day_number,
        at_risk,
        cast(events as bigint) as events,
        events_so_far,
        case when fewest_left = 0 then 1.0 else round(1 - exp(log_survival), 12) end as event_share,
        -- log-log interval; before the first event the exact one for none among those at risk; none where it has happened to all
        case
            when fewest_left = 0 then null
            when events_so_far = 0 then 0.0
            else round(1 - pow(exp(log_survival), exp(-{{ z }} * sqrt(variance) / -log_survival)), 12)
        end as ci_low,
        case
            when fewest_left = 0 then null
            when events_so_far = 0 then round(1 - pow(0.025, inflation / at_risk), 12)
            else round(1 - pow(exp(log_survival), exp({{ z }} * sqrt(variance) / -log_survival)), 12)
        end as ci_high

    from inflated

)
{%- endmacro %}
