{# Stops the run on settings of the models of skips that cannot be meant. #}
{% macro check_skip_models() %}
    {%- do check_features('skip_model_features', 'plays', 'int_plays_sampled') -%}
    {%- set names = var('skip_model_features') | map(attribute='name') | list -%}
    {%- for name in names if name in ['play_id', 'user_id', 'user_number', 'fold', 'started_at', 'ended_at', 'is_past', 'is_future', 'is_skip'] -%}
        {{ exceptions.raise_compiler_error("skip_model_features names '" ~ name ~ "', which says which play it is, or whether it was skipped") }}
    {%- endfor -%}
    {%- set terms = var('skip_regression_features') -%}
    {%- if terms is string or terms is mapping or terms is not iterable or not terms or terms | unique | list | length != terms | length -%}
        {{ exceptions.raise_compiler_error("skip_regression_features is " ~ terms ~ "; it must be a list of different names: [platform, is_shuffled]") }}
    {%- endif -%}
    {%- for name in terms if name not in names -%}
        {{ exceptions.raise_compiler_error("skip_regression_features names '" ~ name ~ "', which skip_model_features does not have; there are: "
            ~ names | join(', ')) }}
    {%- endfor -%}
{% endmacro %}
