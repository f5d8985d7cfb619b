with

-- users of whom a profile or an action is all that is known have no beginning
users as (

    select * from {{ ref('int_users_unioned') }}
    where observed_from is not null

),

adoption as (

    select * from {{ ref('int_users_adoption_found') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

-- the adoption dates are the first of their kind, so days after as_of cannot move them; the two figures here they can
users_active_later as (

    select distinct activity_days.user_id
    from {{ ref('user_activity_days') }} as activity_days
    inner join observation on activity_days.date_day > observation.as_of
    where activity_days.logins > 0

),

activity_until_as_of as (

    select
        activity_days.user_id,
        count(*) as active_days,
        max(activity_days.date_day) as last_active_on

    from {{ ref('user_activity_days') }} as activity_days
    inner join observation on activity_days.date_day <= observation.as_of
    where
        activity_days.logins > 0
        and activity_days.user_id in (select users_active_later.user_id from users_active_later)
    group by activity_days.user_id

),

joined as (

    select
        users.user_id,
        users.has_account,
        users.created_at,
        users.created_on,
        users.observed_from,
        observation.as_of,
        observation.log_started_on,
        case when adoption.adopted_on <= observation.as_of then adoption.adopted_on end as adopted_on,
        case when adoption.adopted_on <= observation.as_of then adoption.window_started_on end as window_started_on,
        case
            when adoption.fixed_window_adopted_on <= observation.as_of then adoption.fixed_window_adopted_on
        end as fixed_window_adopted_on,
        case when adoption.iso_week_adopted_on <= observation.as_of then adoption.iso_week_adopted_on end as iso_week_adopted_on,
        case when adoption.first_active_on <= observation.as_of then adoption.first_active_on end as first_active_on,
        case
            when adoption.last_active_on <= observation.as_of then adoption.last_active_on
            else activity_until_as_of.last_active_on
        end as last_active_on,
        case
            when adoption.last_active_on <= observation.as_of then adoption.active_days
            else coalesce(activity_until_as_of.active_days, 0)
        end as active_days,
        -- nobody is observed before the first day of the log
        {{ dbt.datediff('greatest(users.observed_from, observation.log_started_on)', 'observation.as_of', 'day') }} as days_observed

    from users
    inner join observation on observation.as_of is not null
    left join adoption on users.user_id = adoption.user_id
    left join activity_until_as_of on users.user_id = activity_until_as_of.user_id

),

-- whom adoption_rates counts, under the reading that adoption_definition names
labelled as (

    select
        *,
        days_observed >= {{ var('adoption_horizon_days') }} - 1 as is_matured,
        coalesce(has_account and created_on >= log_started_on, false) as is_observed_from_signup,
        coalesce(has_account and created_on <= as_of, false) as is_in_adoption_rate,
        {{ adoption_label() }} as labelled_on

    from joined

),

final as (

    select
        user_id,
        has_account,
        created_at,
        created_on,

        case
            when adopted_on is not null then 'adopted'
            when days_observed >= {{ var('adoption_horizon_days') }} - 1 then 'not_adopted'
            else 'still_open'
        end as adoption_status,
        adopted_on is not null as is_adopted,
        adopted_on,
        window_started_on,
        cast({{ dbt.datediff('created_on', 'adopted_on', 'day') }} as integer) as days_to_adoption,
        is_matured,
        is_observed_from_signup,
        coalesce({{ dbt.datediff('created_on', 'adopted_on', 'day') }} < {{ var('adoption_horizon_days') }}, false)
            as is_adopted_within_horizon,

        fixed_window_adopted_on is not null as is_adopted_fixed_window,
        fixed_window_adopted_on,
        iso_week_adopted_on is not null as is_adopted_iso_week,
        iso_week_adopted_on,

        is_in_adoption_rate,
        is_in_adoption_rate and labelled_on is not null as is_adopted_in_adoption_rate,
        is_in_adoption_rate and is_matured and is_observed_from_signup as is_in_matured_rate,
        is_in_adoption_rate
        and is_matured
        and is_observed_from_signup
        and coalesce({{ dbt.datediff('created_on', 'labelled_on', 'day') }} < {{ var('adoption_horizon_days') }}, false)
            as is_adopted_in_matured_rate,

        cast(active_days as integer) as active_days,
        first_active_on,
        last_active_on,
        as_of

    from labelled

)

select * from final
