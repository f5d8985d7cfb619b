{%- set terms = action_terms() -%}
-- Users with their covariate pattern in each regression. Of free text a regression learns only whether there is any.
with

free_texts as (

    select attribute
    from {{ ref('int_attributes_sized') }}
    where has_too_many_levels

),

users as (

    select
        {%- for term in terms %}
        {{ term_value(term) }} as {{ term.name }},
        {%- endfor %}
        user_id,
        cluster_number,
        fold
    from {{ ref('int_users_described') }}

),

final as (
    {% for model in var('action_models') %}
    select
        {{ sql_text(model.name) }} as model,
        user_id,
        cluster_number,
        fold,
        {{ pattern_key(terms | selectattr('name', 'in', model.terms) | list) }} as pattern_key
    from users
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select * from final
