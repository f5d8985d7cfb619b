{# Columns of the usage telemetry after user_id, each with its kind: those of the contract, as the source's YAML declares them (unit tests cannot
   look it up there), then those that only `segment_features` names. #}
{% macro usage_columns() %}
    {%- set texts = ['gender', 'country', 'device_type', 'app_version', 'subscription_type', 'marketing_source'] -%}
    {%- set columns, names = [], activity_features() -%}
    {%- for name in [
        'age', 'gender', 'country', 'device_type', 'app_version', 'sessions_per_week', 'avg_session_duration_min', 'daily_active_minutes',
        'feature_clicks_per_session', 'notifications_opened_per_week', 'in_app_search_count', 'pages_viewed_per_session',
        'crash_events_last_30_days', 'support_tickets_raised', 'days_since_last_login', 'subscription_type', 'ads_clicked_last_30_days',
        'content_downloads', 'social_shares', 'rating_given', 'churn_risk_score', 'engagement_score', 'account_age_days', 'marketing_source',
    ] -%}
        {%- do columns.append({'name': name, 'kind': 'text' if name in texts else 'number'}) -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {%- for name in var('segment_features') if name not in names -%}
        {%- do columns.append({'name': name, 'kind': 'number', 'is_further': true}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}
