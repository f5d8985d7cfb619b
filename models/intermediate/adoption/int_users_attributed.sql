with

accounts as (

    select * from {{ ref('int_users_unioned') }}
    where has_account

),

adoption as (

    select
        *,
        {{ adoption_label() }} as labelled_on
    from {{ ref('user_adoption') }}

),

-- how many accounts the organisation had when this one was opened, itself included: its later size is not known at sign-up
sized_accounts as (

    select
        *,
        case
            when org_id is not null then count(*) over (
                partition by org_id
                order by created_at
                range between unbounded preceding and current row
            )
        end as organisation_accounts

    from accounts

),

final as (

    select
        accounts.user_id,
        accounts.org_id,
        accounts.created_on,
        adoption.is_matured,
        adoption.is_observed_from_signup,
        adoption.labelled_on is not null as is_adopted,
        cast({{ dbt.datediff('accounts.created_on', 'adoption.labelled_on', 'day') }} as integer) as days_to_adoption,
        cast({{ dbt.datediff('accounts.created_on', 'adoption.as_of', 'day') }} as integer) as days_observed,

        accounts.creation_source,
        case
            when accounts.invited_by_user_id is null or accounts.invited_by_user_id = accounts.user_id then 'not invited'
            -- who opened an account later was not there to invite, and nothing could be known of them then
            when inviters.created_at > accounts.created_at then null
            when inviters.labelled_on < accounts.created_on then 'by an adopted user'
            when inviters.is_observed_from_signup then 'by another user'
        end as invitation,
        case
            {%- for bound in var('organisation_size_bounds') %}
            when accounts.organisation_accounts <= {{ bound }} then '{{ loop.previtem + 1 if loop.previtem is defined else 1 }}-{{ bound }}'
            {%- endfor %}
            when accounts.organisation_accounts is not null then '{{ var("organisation_size_bounds")[-1] + 1 }} or more'
        end as organisation_size,
        case accounts.is_opted_in_to_mailing_list when true then 'yes' when false then 'no' end as mailing_list,
        case accounts.is_enabled_for_marketing_drip when true then 'yes' when false then 'no' end as marketing_drip,
        {{ weekday_name('accounts.created_on') }} as signup_weekday,
        substring(cast(accounts.created_on as varchar), 1, 7) as signup_month

    from sized_accounts as accounts
    inner join adoption on accounts.user_id = adoption.user_id
    left join adoption as inviters on accounts.invited_by_user_id = inviters.user_id

)

select * from final
