{{ config(enabled=var('refit') == 'always') }}
-- Fitted users whose segment or place on the map is not the one that scikit-learn gives. Without a fit the features are newer than it.
select
    fitted.user_id,
    fitted.segment_id,
    user_segments.segment_id as assigned_segment_id,
    fitted.pca_1,
    user_segments.pca_1 as assigned_pca_1,
    fitted.pca_2,
    user_segments.pca_2 as assigned_pca_2
from {{ ref('int_segment_users_fitted') }} as fitted
left join {{ ref('user_segments') }} as user_segments on fitted.user_id = user_segments.user_id
where
    coalesce(fitted.segment_id <> user_segments.segment_id, true)
    or coalesce(abs(fitted.pca_1 - user_segments.pca_1) > 1e-6, true)
    or coalesce(abs(fitted.pca_2 - user_segments.pca_2) > 1e-6, true)
