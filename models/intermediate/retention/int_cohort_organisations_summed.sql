-- How alike the users of one organisation are in a cohort: sums over its organisations of the active users squared, and of active users times
-- users. They change from period to period like the numbers of int_cohort_activity_counted.
with

lives as (

    select * from {{ ref('int_users_retained') }}

),

changes as (

    select
        cohort_grain,
        cohort_number,
        org_id,
        organisation_users,
        'on' as measure,
        periods_since,
        1 as change
    from lives

    union all

    select
        cohort_grain,
        cohort_number,
        org_id,
        organisation_users,
        'on_or_after' as measure,
        ahead_from as periods_since,
        1 as change
    from lives

    union all

    select
        cohort_grain,
        cohort_number,
        org_id,
        organisation_users,
        'on_or_after' as measure,
        periods_since + 1 as periods_since,
        -1 as change
    from lives

),

organisations as (

    select
        cohort_grain,
        cohort_number,
        org_id,
        organisation_users,
        measure,
        periods_since,
        cast(sum(change) as bigint) as change

    from changes
    group by cohort_grain, cohort_number, org_id, organisation_users, measure, periods_since
    having sum(change) <> 0

),

organisations_so_far as (

    select
        *,
        case
            when measure = 'on' then change
            else
                cast(sum(change) over (
                    partition by cohort_grain, cohort_number, org_id, measure
                    order by periods_since
                ) as bigint)
        end as active_users
    from organisations

),

final as (

    select
        cohort_grain,
        cohort_number,
        measure,
        periods_since,
        cast(sum(
            case when org_id is null then change else active_users * active_users - (active_users - change) * (active_users - change) end
        ) as bigint) as active_users_squared,
        cast(sum(change * organisation_users) as bigint) as products

    from organisations_so_far
    group by cohort_grain, cohort_number, measure, periods_since

)

select * from final
