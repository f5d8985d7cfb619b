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
        user_id,
        first_active_on
    from {{ ref('int_users_adoption_found') }}

),

final as (

    select
        coalesce(accounts.user_id, active_users.user_id) as user_id,
        {%- if var('no_organisation_value') is not none %}
        nullif(accounts.org_id, cast('{{ var("no_organisation_value") }}' as {{ var('id_type') }})) as org_id,
        {%- else %}
        accounts.org_id,
        {%- endif %}
        accounts.invited_by_user_id,
        accounts.user_id is not null as has_account,
        accounts.creation_source,
        accounts.is_opted_in_to_mailing_list,
        accounts.is_enabled_for_marketing_drip,
        accounts.created_at,
        accounts.created_on,
        accounts.last_session_at,
        -- where the observation of the user begins; without an account nothing is known before the first activity
        coalesce(accounts.created_on, active_users.first_active_on) as observed_from

    from accounts
    full outer join active_users on accounts.user_id = active_users.user_id

)

select * from final
