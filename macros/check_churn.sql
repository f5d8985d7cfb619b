{# Stops the run on settings of churn that cannot be meant. #}
{% macro check_churn() %}
    {%- do check_features('churn_model_features', 'int_churn_features_measured') -%}
    {%- if {'name': 'recency_days', 'type': 'numeric'} not in var('churn_model_features') -%}
        {{ exceptions.raise_compiler_error("churn_model_features must hold {name: recency_days, type: numeric}, without a step: the model is compared with that alone") }}
    {%- endif -%}
    {%- set thresholds = var('churn_risk_thresholds') -%}
    {%- if thresholds is string or thresholds is mapping or thresholds is not iterable or thresholds | reject('number') | list
        or thresholds | length != 2 or not 0 < thresholds[0] < thresholds[1] < 1 -%}
        {{ exceptions.raise_compiler_error("churn_risk_thresholds is " ~ thresholds ~ "; it must be two probabilities, the second above the first: [0.33, 0.66]") }}
    {%- endif -%}
{% endmacro %}
