with

users as (

    select * from {{ ref('users') }}

),

adoption as (

    select * from {{ ref('user_adoption') }}

),

scores as (

    select * from {{ ref('user_adoption_scores') }}

),

final as (

    select
        users.user_id,
        users.org_id,
        users.invited_by_user_id,
        users.has_account,
        users.has_profile,

        users.creation_source,
        users.is_opted_in_to_mailing_list,
        users.is_enabled_for_marketing_drip,
        users.created_at,
        users.created_on,

        adoption.adoption_status,
        adoption.is_adopted,
        adoption.adopted_on,
        adoption.days_to_adoption,
        scores.adoption_probability,
        scores.percentile as adoption_percentile,
        scores.top_reason_1 as adoption_top_reason,
        scores.no_score_reason as adoption_no_score_reason,

        adoption.active_days,
        adoption.first_active_on,
        adoption.last_active_on,
        cast({{ dbt.datediff('adoption.last_active_on', 'users.as_of', 'day') }} as integer) as days_since_last_active,
        users.as_of

    from users
    left join adoption on users.user_id = adoption.user_id
    left join scores on users.user_id = scores.user_id

)

select * from final
