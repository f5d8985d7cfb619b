{%- if var('refit') == 'never' -%}
-- The scale of the last fit, as this model left it: with another one its centroids would mean nothing.
select * from {{ kept_fit('segment_features') }} -- noqa: AM04
{%- else -%}
-- The scale of each feature: mean and standard deviation over all users, after missing values and outliers were dealt with.
{{ scaled_features(ref('int_segment_users_listed'), ref('int_segment_features_measured'), segment_features(), 'users') }}
{%- endif %}
