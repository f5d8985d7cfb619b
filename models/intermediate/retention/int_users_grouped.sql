-- Users in the groups whose activity is compared over two weeks, as they were known before the first of its days.
with

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

users as (

    select
        users.user_id,
        users.org_id,
        users.labelled_on,
        users.observed_from,
        cast({{ dbt.dateadd('day', -14, 'observation.as_of') }} as date) as day_before

    from {{ ref('int_users_followed') }} as users
    cross join observation

),

-- a segment has one name, whatever it was called in other fits
memberships as (

    select
        history.user_id,
        max_by(history.segment_name, history.valid_from) over (partition by history.segment_id) as segment_name,
        history.valid_to > {{ dbt.dateadd('day', -14, 'observation.as_of') }} or history.valid_to is null as is_in_force

    from {{ ref('segment_history') }} as history
    inner join observation on history.valid_from <= {{ dbt.dateadd('day', -14, 'observation.as_of') }}

),

final as (

    select
        '(all)' as attribute,
        '(all)' as level,
        user_id,
        org_id
    from users

    union all

    select
        'adoption_status' as attribute,
        case when labelled_on <= day_before then 'adopted' else 'not adopted' end as level,
        user_id,
        org_id
    from users
    where observed_from <= day_before

    union all

    select
        'segment' as attribute,
        coalesce(memberships.segment_name, '(missing)') as level,
        users.user_id,
        users.org_id
    from users
    left join memberships
        on
            users.user_id = memberships.user_id
            and memberships.is_in_force
    where users.observed_from <= users.day_before

)

select * from final
