{%- if var('refit') == 'never' -%}
-- The scale of the last fit, as this model left it: with another one its centroids would mean nothing.
select * from {{ kept_fit('track_segment_features') }} -- noqa: AM04
{%- else -%}
-- The scale of each feature: mean and standard deviation over all tracks, after missing values and outliers were dealt with.
{{ scaled_features(ref('int_tracks_listed'), ref('int_track_features_measured'), track_segment_features(), 'tracks') }}
{%- endif %}
