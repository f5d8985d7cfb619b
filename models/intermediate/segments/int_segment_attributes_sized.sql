{%- set attributes = segment_attributes() -%}
-- The attributes by which segments are described: how many levels each has, and why it is not tested where it is not.
with

users as (

    select * from {{ ref('int_segment_users_described') }}

),

-- how many organisations have several users among those whose level is known
organisations as (

    select
        {%- for attribute in attributes %}
        count(*) filter (where {{ attribute.name }} > 1) as {{ attribute.name }}{{ ',' if not loop.last }}
        {%- else %}
        count(*) as organisations
        {%- endfor %}
    from (
        select
            {%- for attribute in attributes %}
            count({{ attribute.name }}) as {{ attribute.name }},
            {%- endfor %}
            org_id
        from users
        where org_id is not null
        group by org_id
    ) as users_of_organisations

),

sizes as (

    select
        {%- for attribute in attributes %}
        count(distinct {{ attribute.name }}) as {{ attribute.name }}_levels,
        {%- endfor %}
        count(*) as users
    from users

),

final as (
    {% for attribute in attributes %}
    select
        {{ loop.index }} as place,
        '{{ attribute.name }}' as attribute,
        sizes.{{ attribute.name }}_levels as levels,
        organisations.{{ attribute.name }} > 0 as is_clustered,
        {{ "'segments_were_built_from_it'" if attribute.is_built_from else 'cast(null as varchar)' }} as reason_untested,
        sizes.{{ attribute.name }}_levels > {{ var('max_levels') }} as has_too_many_levels
    from sizes
    cross join organisations
    {{ "union all" if not loop.last }}
    {%- else %}
    select
        0 as place,
        '' as attribute,
        cast(0 as bigint) as levels,
        false as is_clustered,
        cast(null as varchar) as reason_untested,
        false as has_too_many_levels
    where false
    {%- endfor %}

)

select * from final
