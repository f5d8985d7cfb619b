{%- set attributes = declared_attributes() -%}
-- The attributes by which actions are cut, and how many levels each was found to have.
with

declared as (
    {% for attribute in attributes %}
    select
        {{ loop.index }} as place,
        '{{ attribute.name }}' as attribute,
        '{{ attribute.type }}' as type,
        {{ declared_text(attribute.reference_level) }} as reference_level,
        cast({{ declared_text(attribute.read_out_on) }} as date) as read_out_on,
        {{ 'true' if attribute.is_of_today else 'false' }} as is_of_today
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

found as (

    select
        attribute,
        count(distinct level) as levels
    from {{ ref('int_action_users_counted') }}
    where action is null and level <> '(missing)'
    group by attribute

),

-- creation_source is free text where it has too many levels; those were put together where they entered
free_texts as (

    select
        'creation_source' as attribute,
        levels
    from {{ ref('int_creation_sources_counted') }}
    where levels > {{ var('max_levels') }}

),

sized as (

    select
        declared.attribute,
        coalesce(free_texts.levels, found.levels, 0) as levels
    from declared
    left join found on declared.attribute = found.attribute
    left join free_texts on declared.attribute = free_texts.attribute

),

final as (

    select
        declared.place,
        declared.attribute,
        declared.type,
        declared.reference_level,
        declared.read_out_on,
        declared.is_of_today,
        sized.levels,
        sized.levels > {{ var('max_levels') }} as has_too_many_levels

    from declared
    inner join sized on declared.attribute = sized.attribute

)

select * from final
