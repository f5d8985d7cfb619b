{# The attributes by which adoption is cut: columns of int_users_attributed. #}
{% macro adoption_attributes() %}
    {{ return([
        'creation_source', 'invitation', 'organisation_size', 'mailing_list', 'marketing_drip', 'signup_weekday', 'signup_month'
    ]) }}
{% endmacro %}
