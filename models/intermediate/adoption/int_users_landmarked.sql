{%- set features = var('adoption_model_features') -%}
{%- set last_day = 6 + var('adoption_horizon_days') -%}
-- Users at the end of their first week, the landmark: who is predicted then, who not and why, and what came of those whose horizon is over.
with

features as (

    select * from {{ ref('user_features') }}

),

attributes as (

    select
        user_id,
        org_id,
        created_on,
        is_observed_from_signup,
        days_observed,
        days_to_adoption
    from {{ ref('int_users_attributed') }}

),

judged as (

    select
        features.user_id,
        attributes.org_id,
        attributes.created_on,
        attributes.days_observed,
        attributes.days_to_adoption,
        case
            when attributes.user_id is null then 'no_account'
            when not attributes.is_observed_from_signup then 'signed_up_before_log'
            when attributes.days_to_adoption <= 6 then 'adopted_in_first_week'
            when attributes.days_observed < 6 then 'first_week_incomplete'
        end as no_score_reason,
        {{ pattern_key(features) }} as pattern_key

    from features
    left join attributes on features.user_id = attributes.user_id

),

at_risk as (

    select
        *,
        no_score_reason is null and days_observed >= {{ last_day }} as is_fitted,
        coalesce(days_to_adoption >= 7 and days_to_adoption <= {{ last_day }}, false) as is_adopted_later

    from judged

),

-- organisations from the largest to the smallest, dealt out over the folds
organisations as (

    select
        org_id,
        row_number() over (
            order by count(*) filter (where is_fitted) desc, org_id
        ) as cluster_number

    from at_risk
    where org_id is not null
    group by org_id

),

-- the latest sign-ups, whom a fit from before the first of them should predict
future as (

    select percentile_disc({{ 1 - var('future_share') }}) within group (order by created_on) as starts_on
    from at_risk
    where is_fitted

),

final as (

    select
        at_risk.user_id,
        case when at_risk.no_score_reason is null then at_risk.pattern_key end as pattern_key,
        at_risk.no_score_reason,
        at_risk.is_fitted,
        case when at_risk.is_fitted then at_risk.is_adopted_later end as is_adopted_later,
        organisations.cluster_number,
        {{ evaluation_fold('organisations.cluster_number', 'at_risk.user_id') }} as fold,
        at_risk.is_fitted and {{ dbt.dateadd('day', last_day, 'at_risk.created_on') }} < future.starts_on as is_past,
        at_risk.is_fitted and at_risk.created_on >= future.starts_on as is_future

    from at_risk
    cross join future
    left join organisations on at_risk.org_id = organisations.org_id

)

select * from final
