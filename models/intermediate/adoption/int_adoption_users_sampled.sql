-- The accounts on which the published regressions are fitted, each with the features that they use.
with

features as (

    select * from {{ ref('user_features') }}

),

attributes as (

    select * from {{ ref('int_users_attributed') }}

),

folds as (

    select * from {{ ref('int_users_landmarked') }}

),

final as (

    select
        attributes.user_id,
        folds.fold,
        folds.cluster_number,
        attributes.is_adopted,

        features.is_active_after_7_days,
        features.is_active_after_30_days,
        features.is_invited_by_adopted_user,
        coalesce(features.is_opted_in_to_mailing_list, false) as is_opted_in_to_mailing_list,
        coalesce(features.is_enabled_for_marketing_drip, false) as is_enabled_for_marketing_drip,
        coalesce(features.creation_source, '(missing)') as creation_source,
        coalesce(cast(attributes.org_id as varchar), '(missing)') as organisation

    from attributes
    inner join features on attributes.user_id = features.user_id
    inner join folds on attributes.user_id = folds.user_id
    qualify
        row_number() over (
            order by {{ stable_number('attributes.user_id', 1000000007) }}, attributes.user_id
        ) <= {{ var('fit_sample_users') }}

)

select * from final
