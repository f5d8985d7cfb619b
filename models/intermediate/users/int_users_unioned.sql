-- depends_on: {{ ref('int_days_offset') }}
with

accounts as (

    select
        accounts.*,
        {{ local_day('accounts.created_at') }} as created_on

    from {{ ref('stg_product__users') }} as accounts
    {{ local_day_join('accounts.created_at') }}

),

active_users as (

    select
        activity_days.user_id,
        -- stray days long before the log are no beginning
        min(activity_days.date_day) filter (where activity_days.date_day >= observation.activity_started_on) as first_active_on,
        min(activity_days.date_day) filter (where activity_days.logins > 0) as first_login_on,
        sum(activity_days.plays) > 0 as has_plays

    from {{ ref('user_activity_days') }} as activity_days
    cross join {{ ref('int_observation_bounded') }} as observation
    group by activity_days.user_id

),

profiles as (

    select user_id
    from {{ ref('stg_people__user_profiles') }}

),

described_usage as (

    select user_id
    from {{ ref('stg_telemetry__app_usage') }}

),

-- every user whom any source knows
known_users as (

    select user_id
    from accounts

    union

    select user_id
    from active_users

    union

    select user_id
    from profiles

    union

    select user_id
    from {{ ref('user_actions') }}

    union

    select user_id
    from described_usage

),

final as (

    select
        known_users.user_id,
        {%- if var('no_organisation_value') is not none %}
        nullif(accounts.org_id, cast({{ sql_text(var('no_organisation_value')) }} as {{ var('id_type') }})) as org_id,
        {%- else %}
        accounts.org_id,
        {%- endif %}
        accounts.invited_by_user_id,
        accounts.user_id is not null as has_account,
        profiles.user_id is not null as has_profile,
        described_usage.user_id is not null as has_usage,
        coalesce(active_users.has_plays, false) as has_plays,
        {{ public_level('accounts.creation_source', 'creation_sources.levels') }} as creation_source,
        accounts.is_opted_in_to_mailing_list,
        accounts.is_enabled_for_marketing_drip,
        accounts.created_at,
        accounts.created_on,
        accounts.last_session_at,
        -- where the observation of the user begins: without an account with the first login, without either never
        coalesce(accounts.created_on, active_users.first_login_on) as observed_from,
        -- the same for activity of any kind
        coalesce(accounts.created_on, active_users.first_active_on) as known_from

    from known_users
    cross join {{ ref('int_creation_sources_counted') }} as creation_sources
    left join accounts on known_users.user_id = accounts.user_id
    left join active_users on known_users.user_id = active_users.user_id
    left join profiles on known_users.user_id = profiles.user_id
    left join described_usage on known_users.user_id = described_usage.user_id

)

select * from final
