{# Attributes of accounts: the columns of int_users_attributed that its YAML calls so (unit tests cannot look it up there), and the adoption status. #}
{% macro account_attributes() %}
    {{ return([
        'creation_source', 'invitation', 'organisation_size', 'mailing_list', 'marketing_drip', 'signup_weekday', 'signup_month', 'adoption_status',
    ]) }}
{% endmacro %}
