{# The attributes by which actions are cut, in their order: those of profile_attributes, each numeric one followed by its groups, then those of
   action_attributes where there are accounts. `kept_as` says what the value is taken from: a column of the profile, a number of it that is put into groups, or a fact of the
   account; `is_of_today`, whether that may have come about after the action. #}
{% macro declared_attributes() %}
    {%- set attributes = [] -%}
    {%- for declared in listed_settings('profile_attributes', ['name', 'type']) -%}
        {%- set attribute = {'kept_as': 'profile'} -%}
        {%- do attribute.update(declared) -%}
        {%- do attributes.append(attribute) -%}
        {%- if declared.binned_as -%}
            {%- do attributes.append({
                'name': declared.binned_as,
                'type': 'categorical',
                'kept_as': 'groups',
                'number': declared.name,
                'bins': declared.bins,
                'labels': declared.labels,
                'reference_level': declared.labels[0],
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in var('action_attributes') if 'product' in var('raw_sources') -%}
        {%- do attributes.append({
            'name': name,
            'type': 'categorical',
            'kept_as': 'account',
            'is_of_today': name in ['mailing_list', 'marketing_drip', 'adoption_status'],
        }) -%}
    {%- endfor -%}
    {{ return(attributes) }}
{% endmacro %}
