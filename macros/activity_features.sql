{# Columns of user_features that are numbers, as its YAML declares them: unit tests cannot look it up there. #}
{% macro activity_features() %}
    {{ return([
        'first_week_active_days', 'first_week_logins', 'activity_span_days', 'active_days', 'active_days_last_28', 'days_since_last_active',
        'days_since_signup',
    ]) }}
{% endmacro %}
