{# The attributes by which segments are described: their name, where their value stands in a query that joins profiles, attributes (of accounts),
   adoption and usage, and whether the segments were built from what it is made of. What the profile says goes before what the telemetry says;
   an attribute of a source that is not in use, and one that the settings do not declare, is left out. #}
{% macro segment_attributes() %}
    {%- set declared, texts, numbers, found = {}, [], [], [] -%}
    {%- for attribute in declared_attributes() -%}
        {%- do declared.update({attribute.name: attribute}) -%}
    {%- endfor -%}
    {%- for column in usage_columns() -%}
        {%- do (texts if column.kind == 'text' else numbers).append(column.name) -%}
    {%- endfor -%}
    {%- set has_usage = 'telemetry' in var('raw_sources') -%}
    {%- set by_activity = segment_features() | selectattr('kept_in', 'equalto', 'activity') | list | length > 0 -%}
    {%- set by_age = 'account_age_days' in var('segment_features') or 'days_since_signup' in var('segment_features') -%}
    {%- for name in var('segment_attributes') -%}
        {%- set attribute = declared.get(name, {'name': name, 'kept_as': 'account'}) -%}
        {%- set values = [] -%}
        {%- if attribute.kept_as == 'account' -%}
            {%- if name in account_attributes() and 'product' in var('raw_sources') -%}
                {%- do values.append(attribute_value(attribute) | trim) -%}
            {%- endif -%}
        {%- elif 'people' in var('raw_sources') -%}
            {%- do values.append(attribute_value(attribute) | trim) -%}
        {%- endif -%}
        {%- if has_usage and name in texts -%}
            {%- do values.append('usage.' ~ name) -%}
        {%- elif has_usage and attribute.kept_as == 'groups' and attribute.number in numbers -%}
            {%- do values.append(number_group('usage.' ~ attribute.number, attribute.bins, attribute.labels) | trim) -%}
        {%- endif -%}
        {%- if values -%}
            {%- do found.append({
                'name': name,
                'value': 'coalesce(' ~ values | join(', ') ~ ')' if values | length > 1 else values[0],
                'is_built_from': attribute.number in var('segment_features') or (name == 'adoption_status' and by_activity) or (name == 'signup_month' and by_age),
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
