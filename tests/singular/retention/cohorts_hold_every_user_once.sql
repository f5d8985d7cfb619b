-- Every attribute parts all users observed by as_of, in cohorts of either length, in each period.
with

observed_users as (

    select count(*) as users
    from {{ ref('int_users_followed') }}

),

cohorts as (

    select
        cohort_grain,
        measure,
        attribute,
        sum(users_at_risk) as users
    from {{ ref('retention_cohorts') }}
    where periods_since = 0
    group by cohort_grain, measure, attribute

),

cells as (

    select
        cohort_grain,
        cohort_started_on,
        periods_since,
        measure,
        attribute,
        sum(users_at_risk) as users_at_risk,
        sum(active_users) as active_users
    from {{ ref('retention_cohorts') }}
    group by cohort_grain, cohort_started_on, periods_since, measure, attribute

),

final as (

    select
        cohorts.cohort_grain,
        cohorts.measure,
        cohorts.attribute
    from cohorts
    cross join observed_users
    where cohorts.users <> observed_users.users

    union all

    select
        cells.cohort_grain,
        cells.measure,
        cells.attribute
    from cells
    inner join cells as everybody
        on
            cells.cohort_grain = everybody.cohort_grain
            and cells.cohort_started_on = everybody.cohort_started_on
            and cells.periods_since = everybody.periods_since
            and cells.measure = everybody.measure
            and everybody.attribute = '(all)'
    where cells.users_at_risk <> everybody.users_at_risk or cells.active_users <> everybody.active_users

)

select * from final
