with

early_days as (

    select * from {{ ref('int_early_days_counted') }}

),

thresholds as (
    {% for min_days in var('threshold_min_days') %}
    select {{ min_days }} as min_days
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

counted as (

    select
        thresholds.min_days,
        early_days.window_days,
        cast(sum(early_days.users) as bigint) as users,
        cast(coalesce(sum(early_days.users) filter (where early_days.active_days >= thresholds.min_days), 0) as bigint) as users_met,
        cast(sum(early_days.retained_users) as bigint) as retained_users,
        cast(coalesce(sum(early_days.retained_users) filter (where early_days.active_days >= thresholds.min_days), 0) as bigint)
            as retained_users_met

    from thresholds
    inner join early_days on thresholds.min_days <= early_days.window_days
    group by thresholds.min_days, early_days.window_days

),

final as (

    select
        min_days,
        window_days,
        users,
        users_met,
        users_met * 1.0 / users as share_met,
        retained_users_met * 1.0 / nullif(users_met, 0) as retained_if_met,
        {{ wilson_bound('-', 'retained_users_met', 'users_met') }} as retained_if_met_ci_low,
        {{ wilson_bound('+', 'retained_users_met', 'users_met') }} as retained_if_met_ci_high,
        (retained_users - retained_users_met) * 1.0 / nullif(users - users_met, 0) as retained_if_not,
        {{ wilson_bound('-', '(retained_users - retained_users_met)', '(users - users_met)') }} as retained_if_not_ci_low,
        {{ wilson_bound('+', '(retained_users - retained_users_met)', '(users - users_met)') }} as retained_if_not_ci_high,
        round(
            (users * 1.0 * retained_users_met - users_met * 1.0 * retained_users)
            / nullif(sqrt(users_met * 1.0 * (users - users_met) * retained_users * (users - retained_users)), 0),
            12
        ) as phi

    from counted

)

select * from final
