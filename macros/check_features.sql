{# Stops the run on features of a regression that cannot be meant: each must be a column of the model that describes the users. #}
{% macro check_features(setting, described_by) %}
    {%- if var(setting) is string or var(setting) is mapping or var(setting) | length == 0 -%}
        {{ exceptions.raise_compiler_error(setting ~ " must be a list of at least one feature: [{name: creation_source, type: categorical}]") }}
    {%- endif -%}
    {%- set columns = graph.nodes['model.' ~ project_name ~ '.' ~ described_by].columns.keys() | list -%}
    {%- set names = [] -%}
    {%- for feature in var(setting) -%}
        {%- if feature is not mapping or 'name' not in feature or 'type' not in feature -%}
            {{ exceptions.raise_compiler_error(setting ~ " holds " ~ feature ~ "; each entry must be of the form {name: ..., type: categorical or numeric}") }}
        {%- endif -%}
        {%- if feature.name in names -%}
            {{ exceptions.raise_compiler_error(setting ~ " names " ~ feature.name ~ " twice") }}
        {%- endif -%}
        {%- do names.append(feature.name) -%}
        {%- if feature.name not in columns -%}
            {{ exceptions.raise_compiler_error(setting ~ " names '" ~ feature.name ~ "'; there are: " ~ columns | join(', ')
                ~ " (declared in " ~ described_by ~ ".yml)") }}
        {%- endif -%}
        {%- if feature.type not in ['categorical', 'numeric'] -%}
            {{ exceptions.raise_compiler_error(setting ~ ": the type of " ~ feature.name ~ " is '" ~ feature.type
                ~ "'; it can be: categorical, numeric") }}
        {%- endif -%}
        {%- set kind = graph.nodes['model.' ~ project_name ~ '.' ~ described_by].columns[feature.name].data_type -%}
        {%- if feature.type == 'numeric' and kind not in ['integer', 'bigint', 'double'] -%}
            {{ exceptions.raise_compiler_error(setting ~ ": " ~ feature.name ~ " is " ~ kind ~ ", not a number; its type can be categorical") }}
        {%- endif -%}
        {%- if 'step' in feature and not (feature.type == 'numeric' and feature.step is number and feature.step > 0) -%}
            {{ exceptions.raise_compiler_error(setting ~ ": the step of " ~ feature.name ~ " is '" ~ feature.step
                ~ "'; it must be a number above 0, of a numeric feature") }}
        {%- endif -%}
        {%- for key in feature if key not in ['name', 'type', 'reference_level', 'step'] -%}
            {{ exceptions.raise_compiler_error(setting ~ ": " ~ feature.name ~ " has '" ~ key ~ "'; it can have: name, type, reference_level, step") }}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}
