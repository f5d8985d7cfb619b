-- Who is active on a day of a week is active within a horizon that begins with it, where that is as long as a week.
with

cells as (

    select * from {{ ref('retention_cohorts') }}
    where cohort_grain = 'week' and {{ var('retention_horizon_days') }} >= 7

)

select
    cells.cohort_started_on,
    cells.periods_since,
    cells.attribute,
    cells.level
from cells
inner join cells as later_cells
    on
        cells.cohort_started_on = later_cells.cohort_started_on
        and cells.periods_since = later_cells.periods_since
        and cells.attribute = later_cells.attribute
        and cells.level = later_cells.level
where
    cells.measure = 'on'
    and later_cells.measure = 'on_or_after'
    and cells.active_users > later_cells.active_users
