{%- set terms = action_terms() -%}
-- The covariate patterns of each regression, one row per term: far fewer than users. Their values are those that the key is made of.
with

patterns as (

    select
        model,
        pattern_key,
        row_number() over (partition by model order by pattern_key) as pattern_id
    from {{ ref('int_action_users_patterned') }}
    group by model, pattern_key

),

pattern_values as (
    {%- for model in var('action_models') %}
    {%- set outer_loop = loop %}
    {%- for term in terms if term.name in model.terms %}
    select
        model,
        pattern_id,
        pattern_key,
        '{{ term.name }}' as attribute,
        '{{ term.type }}' as type,
        split_part(pattern_key, chr(31), {{ loop.index }}) as pattern_value
    from patterns
    where model = {{ sql_text(model.name) }}
    {{ "union all" if not (loop.last and outer_loop.last) }}
    {%- endfor %}
    {%- endfor %}

),

final as (

    select
        model,
        pattern_id,
        pattern_key,
        attribute,
        case when type <> 'numeric' then pattern_value end as level,
        case when type = 'numeric' then cast(nullif(pattern_value, '') as double) end as number
    from pattern_values

)

select * from final
