with

cells as (

    select * from {{ ref('int_cohort_cells_counted') }}

),

periods as (

    select * from {{ ref('int_periods_listed') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

level_orders as (

    select * from {{ ref('level_orders') }}

),

levels as (

    select distinct
        attribute,
        level
    from cells

),

ordered_levels as (

    select
        levels.attribute,
        levels.level,
        {{ level_order('levels', 'level_orders', 'levels.attribute') }} as level_order

    from levels
    left join level_orders
        on
            levels.attribute = level_orders.attribute
            and levels.level = level_orders.level

),

final as (

    select
        cells.cohort_grain,
        cohort_periods.started_on as cohort_started_on,
        cells.periods_since,
        cells.measure,
        cells.attribute,
        cells.level,
        ordered_levels.level_order,

        periods.started_on as period_started_on,
        -- who signs up late in a period is not counted before it ends, so no horizon may end earlier
        coalesce(observation.activity_started_on <= periods.started_on, false)
        and periods.ended_on <= observation.as_of
        and (
            cells.measure = 'on'
            or {{ dbt.datediff('periods.started_on', 'observation.as_of', 'day') }} >= {{ var('retention_horizon_days') }} - 1
        ) as is_complete,

        cells.users_at_risk,
        cells.active_users,
        cells.active_users * 1.0 / cells.users_at_risk as retention_rate,
        {{ wilson_bound('-', 'cells.active_users', 'cells.users_at_risk', 'cells.effective_users') }} as ci_low,
        {{ wilson_bound('+', 'cells.active_users', 'cells.users_at_risk', 'cells.effective_users') }} as ci_high,
        cells.design_effect,
        cells.effective_users

    from cells
    inner join periods as cohort_periods
        on
            cells.cohort_grain = cohort_periods.period_grain
            and cells.cohort_number = cohort_periods.period_number
    inner join periods
        on
            cells.cohort_grain = periods.period_grain
            and cells.cohort_number + cells.periods_since = periods.period_number
    inner join ordered_levels
        on
            cells.attribute = ordered_levels.attribute
            and cells.level = ordered_levels.level
    cross join observation

)

select * from final
