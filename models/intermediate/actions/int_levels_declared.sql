{%- set groups = declared_attributes() | selectattr('kept_as', 'equalto', 'groups') | list -%}
{%- set experiments = declared_attributes() | selectattr('type', 'equalto', 'experiment') | list -%}
-- Levels of which something was said beforehand: their order, and the share of users that an arm of an experiment should have.
with

ordered_levels as (

    select
        attribute,
        level,
        level_order
    from {{ ref('level_orders') }}

),

final as (

    select
        attribute,
        level,
        level_order,
        cast(null as double) as share
    from ordered_levels
    {%- for attribute in groups %}
    {%- for label in [attribute.bins[0] ~ ' or less'] + attribute.labels + ['over ' ~ attribute.bins[-1]] %}

    union all

    select
        '{{ attribute.name }}' as attribute,
        {{ sql_text(label) }} as level,
        {{ loop.index }} as level_order,
        cast(null as double) as share
    {%- endfor %}
    {%- endfor %}
    {%- for attribute in experiments %}
    {%- for level, share in attribute.shares.items() %}

    union all

    select
        '{{ attribute.name }}' as attribute,
        {{ sql_text(level | string) }} as level,
        {{ loop.index }} as level_order,
        cast({{ share }} as double) as share
    {%- endfor %}
    {%- endfor %}

)

select * from final
