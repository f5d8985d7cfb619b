{%- set attributes = var('retention_attributes') -%}
-- How many users each cell is about. A cohort has the same in all its periods, but those who have adopted grow more from one to the next.
with

users as (

    select * from {{ ref('int_users_cohorted') }}

),

periods as (

    select * from {{ ref('int_periods_listed') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

organisations as (

    select
        cohort_grain,
        cohort_number,
        {{ attribute_and_level(attributes) }},
        org_id,
        count(*) as users

    from users
    {{ attribute_sets(attributes, 'cohort_grain, cohort_number, org_id') }}

),

cohorts as (

    select
        cohort_grain,
        cohort_number,
        attribute,
        level,
        cast(sum(users) as bigint) as users,
        cast(sum(case when org_id is null then users else 1 end) as bigint) as clusters,
        cast(sum(case when org_id is null then users else users * users end) as bigint) as users_squared

    from organisations
    group by cohort_grain, cohort_number, attribute, level

),

cohort_periods as (

    select
        cohorts.cohort_grain,
        cohorts.cohort_number,
        cohorts.attribute,
        cohorts.level,
        cohorts.users,
        cohorts.clusters,
        cohorts.users_squared,
        periods.period_number - cohorts.cohort_number as periods_since

    from cohorts
    inner join periods
        on
            cohorts.cohort_grain = periods.period_grain
            and cohorts.cohort_number <= periods.period_number
    inner join observation on periods.started_on <= observation.as_of

),

-- of each organisation in a cohort, who adopted before a period and not before the one ahead of it
adopters as (

    select
        cohort_grain,
        cohort_number,
        org_id,
        organisation_users,
        greatest(adopted_from, 0) as periods_since,
        count(*) as users

    from users
    where adopted_from is not null
    group by cohort_grain, cohort_number, org_id, organisation_users, greatest(adopted_from, 0)

),

adopters_so_far as (

    select
        *,
        cast(sum(users) over (
            partition by cohort_grain, cohort_number, org_id
            order by periods_since
        ) as bigint) as adopted
    from adopters

),

-- what they add to the adopted, and take from the others
steps as (

    select
        cohort_grain,
        cohort_number,
        periods_since,
        sum(users) as users,
        sum(case when org_id is null then users when adopted = users then 1 else 0 end) as adopted_clusters,
        sum(case when org_id is null then users when adopted = organisation_users then 1 else 0 end) as other_clusters,
        sum(case when org_id is null then users else adopted * adopted - (adopted - users) * (adopted - users) end) as adopted_squared,
        sum(case
            when org_id is null then users
            else
                (organisation_users - adopted + users) * (organisation_users - adopted + users)
                - (organisation_users - adopted) * (organisation_users - adopted)
        end) as other_squared

    from adopters_so_far
    group by cohort_grain, cohort_number, periods_since

),

statuses as (

    select
        cohort_periods.cohort_grain,
        cohort_periods.cohort_number,
        cohort_periods.periods_since,
        cohort_periods.users,
        cohort_periods.clusters,
        cohort_periods.users_squared,
        cast(sum(coalesce(steps.users, 0)) over life as bigint) as adopted_users,
        cast(sum(coalesce(steps.adopted_clusters, 0)) over life as bigint) as adopted_clusters,
        cast(sum(coalesce(steps.adopted_squared, 0)) over life as bigint) as adopted_squared,
        cast(sum(coalesce(steps.other_clusters, 0)) over life as bigint) as lost_clusters,
        cast(sum(coalesce(steps.other_squared, 0)) over life as bigint) as lost_squared

    from cohort_periods
    left join steps
        on
            cohort_periods.cohort_grain = steps.cohort_grain
            and cohort_periods.cohort_number = steps.cohort_number
            and cohort_periods.periods_since = steps.periods_since
    where cohort_periods.attribute = '(all)'
    window life as (
        partition by cohort_periods.cohort_grain, cohort_periods.cohort_number
        order by cohort_periods.periods_since
    )

),

unioned as (

    select
        cohort_grain,
        cohort_number,
        periods_since,
        attribute,
        level,
        users,
        clusters,
        users_squared
    from cohort_periods

    union all

    select
        cohort_grain,
        cohort_number,
        periods_since,
        'adopted_before_period' as attribute,
        'adopted' as level,
        adopted_users as users,
        adopted_clusters as clusters,
        adopted_squared as users_squared
    from statuses

    union all

    select
        cohort_grain,
        cohort_number,
        periods_since,
        'adopted_before_period' as attribute,
        'not adopted' as level,
        users - adopted_users as users,
        clusters - lost_clusters as clusters,
        users_squared - lost_squared as users_squared
    from statuses

),

final as (

    select *
    from unioned
    where users > 0

)

select * from final
