-- How alike the users of one organisation are in a cohort: sums over its organisations of the active users squared, and of active users
-- times users. They change from period to period like the numbers of int_cohort_activity_counted.
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
        1 as user_change
    from lives

    union all

    select
        cohort_grain,
        cohort_number,
        org_id,
        organisation_users,
        'on_or_after' as measure,
        ahead_from as periods_since,
        1 as user_change
    from lives

    union all

    select
        cohort_grain,
        cohort_number,
        org_id,
        organisation_users,
        'on_or_after' as measure,
        periods_since + 1 as periods_since,
        -1 as user_change
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
        cast(sum(user_change) as bigint) as user_change

    from changes
    group by cohort_grain, cohort_number, org_id, organisation_users, measure, periods_since
    having sum(user_change) <> 0

),

organisations_so_far as (

    select
        *,
        case
            when measure = 'on' then user_change
            else
                cast(sum(user_change) over (
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
        cast(sum(case
            when org_id is null then user_change
            else active_users * active_users - (active_users - user_change) * (active_users - user_change)
        end) as bigint) as active_users_squared,
        cast(sum(user_change * organisation_users) as bigint) as products

    from organisations_so_far
    group by cohort_grain, cohort_number, measure, periods_since

)

select * from final
