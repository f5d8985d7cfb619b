{{ config(materialized='incremental', incremental_strategy='replace', unique_key='user_id', on_schema_change='fail') }}
{%- set rule = "'" ~ var('adoption_days') ~ " days in " ~ var('adoption_window_days') ~ " from '" -%}
with

activity_days as (

    select
        user_id,
        date_day
    from {{ ref('user_activity_days') }}
    where logins > 0

),

-- what the readings depend on apart from a user's own days
rules as (

    select
        log_started_on,
        {{ rule }} || log_started_on as adoption_rule

    from {{ ref('int_observation_bounded') }}

),

{% if is_incremental() %}
-- what a user's days give, less what the table has; by another rule the two never match
differences as (

    select
        user_id,
        {{ row_fingerprint('date_day') }} as fingerprint
    from activity_days

    union all

    select
        built_users.user_id,
        case when built_users.adoption_rule = rules.adoption_rule then 0 else 1 end
        - built_users.days_fingerprint as fingerprint
    from {{ this }} as built_users
    cross join rules

),

-- users who came, went or were active on other days
changed_users as (

    select user_id
    from differences
    group by user_id
    having sum(fingerprint) <> 0

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
    where user_id in (select changed_users.user_id from changed_users)
    {%- endif %}

),

-- which readings of adoption each day meets, being the last of N active days
judged_days as (

    select
        numbered_days.user_id,
        numbered_days.date_day,
        numbered_days.window_started_on,
        rules.adoption_rule,
        {{ dbt.datediff('numbered_days.window_started_on', 'numbered_days.date_day', 'day') }}
        < {{ var('adoption_window_days') }} as is_in_any_window,
        floor({{ dbt.datediff('rules.log_started_on', 'numbered_days.window_started_on', 'day') }} / {{ var('adoption_window_days') }})
        = floor({{ dbt.datediff('rules.log_started_on', 'numbered_days.date_day', 'day') }} / {{ var('adoption_window_days') }})
            as is_in_fixed_window,
        {{ dbt.date_trunc('week', 'numbered_days.window_started_on') }}
        = {{ dbt.date_trunc('week', 'numbered_days.date_day') }} as is_in_iso_week

    from numbered_days
    cross join rules

),

final as (

    select
        user_id,
        min(date_day) filter (where is_in_any_window) as adopted_on,
        min(window_started_on) filter (where is_in_any_window) as window_started_on,
        min(date_day) filter (where is_in_fixed_window) as fixed_window_adopted_on,
        min(date_day) filter (where is_in_iso_week) as iso_week_adopted_on,
        min(date_day) as first_active_on,
        max(date_day) as last_active_on,
        count(*) as active_days,
        cast(sum({{ row_fingerprint('date_day') }}) as bigint) as days_fingerprint,
        adoption_rule

    from judged_days
    group by user_id, adoption_rule
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
