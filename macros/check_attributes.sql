{# Stops the run on attributes or regressions of actions that cannot be meant. #}
{% macro check_attributes() %}
    {%- set keys = {
        'categorical': ['name', 'type', 'reference_level'],
        'numeric': ['name', 'type', 'range', 'bins', 'labels', 'binned_as', 'step'],
        'experiment': ['name', 'type', 'reference_level', 'shares', 'read_out_on'],
    } -%}
    {%- for attribute in listed_settings('profile_attributes', ['name', 'type']) -%}
        {%- if attribute.type not in keys -%}
            {{ exceptions.raise_compiler_error("profile_attributes: the type of " ~ attribute.name ~ " is '" ~ attribute.type
                ~ "'; it can be: " ~ keys | join(', ')) }}
        {%- endif -%}
        {%- set place = "profile_attributes: " ~ attribute.name -%}
        {%- for key in attribute if key not in keys[attribute.type] -%}
            {{ exceptions.raise_compiler_error(place ~ " has '" ~ key ~ "'; as " ~ attribute.type ~ " it can have: " ~ keys[attribute.type] | join(', ')) }}
        {%- endfor -%}
        {%- set bins, labels, shares = attribute.bins or [], attribute.labels or [], attribute.shares or {} -%}
        {%- for key, list in {'bins': bins, 'range': attribute.range or []}.items() if list is string or list | reject('number') | list -%}
            {{ exceptions.raise_compiler_error(place ~ ": " ~ key ~ " is " ~ list ~ "; it must be a list of numbers: [0, 10]") }}
        {%- endfor -%}
        {%- set groups = labels | list + ([bins[0] ~ ' or less', 'over ' ~ bins[-1]] if bins else []) -%}
        {%- if labels is string or labels | reject('string') | list or groups | unique | list | length != groups | length -%}
            {{ exceptions.raise_compiler_error(place ~ ": labels is " ~ labels ~ "; it must be a list of different texts, yes and no in quotes") }}
        {%- elif shares is not mapping or shares.keys() | reject('string') | list or shares.values() | reject('number') | list -%}
            {{ exceptions.raise_compiler_error(place ~ ": shares is " ~ shares ~ "; it must be of the form {control: 0.5, treatment: 0.5}, on and off in quotes") }}
        {%- elif 'reference_level' in attribute and attribute.reference_level is boolean -%}
            {{ exceptions.raise_compiler_error(place ~ ": the reference_level is " ~ attribute.reference_level ~ "; put it in quotes, as it stands in the column") }}
        {%- elif (attribute.binned_as or bins or labels) and not (attribute.binned_as and labels and bins | length == labels | length + 1) -%}
            {{ exceptions.raise_compiler_error(place ~ " has " ~ bins | length ~ " bins and " ~ labels | length
                ~ " labels; groups need binned_as (a name), bins (edges) and one label less than edges") }}
        {%- elif bins != bins | sort or bins | unique | list | length != bins | length -%}
            {{ exceptions.raise_compiler_error(place ~ ": the bins " ~ bins ~ " do not rise") }}
        {%- elif 'range' in attribute and not (attribute.range | length == 2 and attribute.range[0] < attribute.range[1]) -%}
            {{ exceptions.raise_compiler_error(place ~ ": the range is " ~ attribute.range ~ "; it must be the lowest and the highest possible value") }}
        {%- elif 'step' in attribute and not (attribute.step is number and attribute.step > 0) -%}
            {{ exceptions.raise_compiler_error(place ~ ": the step is '" ~ attribute.step ~ "'; it must be a number above 0") }}
        {%- elif attribute.type == 'experiment' and not (attribute.shares is mapping and (attribute.shares.values() | sum - 1) | abs < 1e-9
            and attribute.shares.values() | min > 0 and attribute.read_out_on) -%}
            {{ exceptions.raise_compiler_error(place ~ " is an experiment; it needs the shares of its arms, which sum to 1, and the day of its read-out: "
                ~ "shares: {control: 0.5, treatment: 0.5}, read_out_on: 2025-06-30") }}
        {%- endif -%}
        {%- if attribute.type == 'experiment' and not modules.re.match('^\\d{4}-\\d{2}-\\d{2}$', attribute.read_out_on | string) -%}
            {{ exceptions.raise_compiler_error(place ~ ": read_out_on is '" ~ attribute.read_out_on ~ "', which is no date; write it as 2025-12-31") }}
        {%- endif -%}
    {%- endfor -%}
    {%- if var('action_attributes') is string or var('action_attributes') is not iterable -%}
        {{ exceptions.raise_compiler_error("action_attributes is " ~ var('action_attributes') ~ "; it must be a list: [creation_source]") }}
    {%- endif -%}
    {%- set of_accounts = account_attributes() -%}
    {%- for name in var('action_attributes') if name not in of_accounts -%}
        {{ exceptions.raise_compiler_error("action_attributes names '" ~ name ~ "'; there are: " ~ of_accounts | join(', ')
            ~ ". Columns of user_profiles go into profile_attributes") }}
    {%- endfor -%}
    {%- set names = [] -%}
    {%- set taken = ['user_id', 'org_id', 'cluster_number', 'fold', 'action', 'attribute', 'level', 'levels', 'numbers', 'users', 'model', 'is_excluded',
        'reading_problem', 'raw_text', 'source_file', 'source_row'] -%}
    {%- set words = run_query("select keyword_name from duckdb_keywords() where keyword_category = 'reserved'").columns[0].values() -%}
    {%- for name in declared_attributes() | map(attribute='name') -%}
        {%- if name in names -%}
            {{ exceptions.raise_compiler_error("Two attributes are called " ~ name ~ " (profile_attributes, binned_as, action_attributes); call one otherwise") }}
        {%- elif not modules.re.match('^[a-z][a-z0-9_]*$', name | string) or name in taken or name in words -%}
            {{ exceptions.raise_compiler_error("An attribute cannot be called '" ~ name ~ "': it needs small letters, digits and _, and no word that SQL or the "
                ~ "models use. Call it otherwise and map your column: inputs.user_profiles.columns.my_" ~ name | string | lower | replace(' ', '_') ~ ": " ~ name) }}
        {%- endif -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {%- set models = [] -%}
    {%- for model in listed_settings('action_models', ['name', 'terms']) -%}
        {%- set interactions = model.interactions or [] -%}
        {%- if model.terms is string or interactions is string or interactions | select('string') | list -%}
            {{ exceptions.raise_compiler_error("action_models: terms of " ~ model.name ~ " must be a list, and its interactions a list of pairs: [[gender, age]]") }}
        {%- elif model.name in models or model.terms | length == 0 -%}
            {{ exceptions.raise_compiler_error("action_models: " ~ model.name ~ " is there twice, or has no terms") }}
        {%- endif -%}
        {%- do models.append(model.name) -%}
        {%- for key in model if key not in ['name', 'terms', 'interactions'] -%}
            {{ exceptions.raise_compiler_error("action_models: " ~ model.name ~ " has '" ~ key ~ "'; it can have: name, terms, interactions") }}
        {%- endfor -%}
        {%- for term in model.terms if term not in names and not (term in of_accounts and 'product' not in var('raw_sources')) -%}
            {{ exceptions.raise_compiler_error("action_models: " ~ model.name ~ " has the term '" ~ term ~ "'; there are: " ~ names | join(', ')) }}
        {%- endfor -%}
        {%- for pair in interactions if pair | length != 2 or pair[0] == pair[1] or pair[0] not in model.terms or pair[1] not in model.terms -%}
            {{ exceptions.raise_compiler_error("action_models: " ~ model.name ~ " has the interaction " ~ pair ~ "; it must be two of its terms: " ~ model.terms | join(', ')) }}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}
