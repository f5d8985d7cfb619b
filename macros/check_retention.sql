{# Stops the run on settings of retention that cannot be meant. #}
{% macro check_retention() %}
    {%- if var('retention_attributes') is string or var('retention_attributes') is mapping or var('retention_attributes') is not iterable
        or var('retention_attributes') | unique | list | length != var('retention_attributes') | length -%}
        {{ exceptions.raise_compiler_error("retention_attributes is " ~ var('retention_attributes')
            ~ "; it must be a list of different names: [creation_source, invitation]") }}
    {%- endif -%}
    {%- set known = graph.nodes['model.' ~ project_name ~ '.int_users_followed'].columns.values()
        | selectattr('config.meta.attribute') | map(attribute='name') | list -%}
    {%- for name in var('retention_attributes') if name not in known -%}
        {{ exceptions.raise_compiler_error("retention_attributes names '" ~ name ~ "'; known at sign-up are: " ~ known | join(', ')) }}
    {%- endfor -%}
    {%- set high, medium = var('churn_risk_high_below'), var('churn_risk_medium_below') -%}
    {%- if not (high is number and medium is number and high <= medium) -%}
        {{ exceptions.raise_compiler_error("churn_risk_high_below is '" ~ high ~ "' and churn_risk_medium_below '" ~ medium
            ~ "'; they must be numbers, the first not above the second: -0.2 and -0.1") }}
    {%- endif -%}
{% endmacro %}
