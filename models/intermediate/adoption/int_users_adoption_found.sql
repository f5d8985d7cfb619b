{{ config(materialized='incremental', incremental_strategy='replace', unique_key='user_id', on_schema_change='fail') }}
{%- set rule = "'" ~ var('adoption_days') ~ " days in " ~ var('adoption_window_days') ~ " from '" -%}
with

activity_days as (

    select
        user_id,
        date_day
    from {{ ref('user_activity_days') }}

),

-- what the readings depend on apart from a user's own days
rules as (

    select
        min(date_day) as log_started_on,
        {{ rule }} || min(date_day) as adoption_rule

    from activity_days

),

{% if is_incremental() %}
wanted_users as (

    select
        user_id,
        count(*) as active_days,
        cast(sum({{ row_fingerprint('date_day') }}) as bigint) as days_fingerprint

    from activity_days
    group by user_id

),

-- users who came, went or were active on other days than those the table was built from
changed_users as (

    select coalesce(wanted_users.user_id, built_users.user_id) as user_id
    from wanted_users
    full outer join {{ this }} as built_users on wanted_users.user_id = built_users.user_id
    cross join rules
    where
        wanted_users.active_days is distinct from built_users.active_days
        or wanted_users.days_fingerprint is distinct from built_users.days_fingerprint
        or rules.adoption_rule is distinct from built_users.adoption_rule

),

{% endif %}
-- each active day, with the day that lies N - 1 active days before it
numbered_days as (

    select
        user_id,
        date_day,
        lag(date_day, {{ var('adoption_days') - 1 }}) over (
            partition by user_id
            order by date_day
        ) as window_started_on

    from activity_days
    {%- if is_incremental() %}
    where user_id in (select user_id from changed_users)
    {%- endif %}

),

final as (

    select
        numbered_days.user_id,
        min(numbered_days.date_day) filter (
            where {{ dbt.datediff('numbered_days.window_started_on', 'numbered_days.date_day', 'day') }} < {{ var('adoption_window_days') }}
        ) as adopted_on,
        min(numbered_days.window_started_on) filter (
            where {{ dbt.datediff('numbered_days.window_started_on', 'numbered_days.date_day', 'day') }} < {{ var('adoption_window_days') }}
        ) as window_started_on,
        min(numbered_days.date_day) filter (
            where floor({{ dbt.datediff('rules.log_started_on', 'numbered_days.window_started_on', 'day') }} / {{ var('adoption_window_days') }})
                = floor({{ dbt.datediff('rules.log_started_on', 'numbered_days.date_day', 'day') }} / {{ var('adoption_window_days') }})
        ) as fixed_window_adopted_on,
        min(numbered_days.date_day) filter (
            where {{ dbt.date_trunc('week', 'numbered_days.window_started_on') }} = {{ dbt.date_trunc('week', 'numbered_days.date_day') }}
        ) as iso_week_adopted_on,
        min(numbered_days.date_day) as first_active_on,
        max(numbered_days.date_day) as last_active_on,
        count(*) as active_days,
        cast(sum({{ row_fingerprint('numbered_days.date_day') }}) as bigint) as days_fingerprint,
        rules.adoption_rule

    from numbered_days
    cross join rules
    group by numbered_days.user_id, rules.adoption_rule
    {%- if is_incremental() %}

    union all

    -- so that a user goes whose days have all gone
    select
        user_id,
        null as adopted_on,
        null as window_started_on,
        null as fixed_window_adopted_on,
        null as iso_week_adopted_on,
        null as first_active_on,
        null as last_active_on,
        null as active_days,
        null as days_fingerprint,
        null as adoption_rule

    from changed_users
    {%- endif %}

)

select * from final
