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

churn as (

    select * from {{ ref('user_churn_scores') }}

),

segments as (

    select
        user_segments.user_id,
        user_segments.segment_id,
        user_segments.segment_name,
        user_segments.top_reason_1,
        segments.verdict
    from {{ ref('user_segments') }} as user_segments
    inner join {{ ref('segments') }} as segments on user_segments.segment_id = segments.segment_id

),

final as (

    select
        users.user_id,
        users.org_id,
        users.invited_by_user_id,
        users.has_account,
        users.has_profile,
        users.has_usage,
        users.has_plays,

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

        segments.segment_id,
        segments.segment_name,
        segments.verdict as segment_verdict,
        segments.top_reason_1 as segment_top_reason,

        churn.churn_probability,
        churn.churn_risk_band,
        churn.top_reason_1 as churn_top_reason,

        adoption.active_days,
        adoption.first_active_on,
        adoption.last_active_on,
        cast({{ dbt.datediff('adoption.last_active_on', 'users.as_of', 'day') }} as integer) as days_since_last_active,
        users.as_of

    from users
    left join adoption on users.user_id = adoption.user_id
    left join scores on users.user_id = scores.user_id
    left join segments on users.user_id = segments.user_id
    left join churn on users.user_id = churn.user_id

)

select * from final
