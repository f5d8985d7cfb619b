{{ config(materialized='table') }}
{%- set features = segment_features() -%}
{%- set of_usage = features | selectattr('kept_in', 'equalto', 'usage') | list -%}
{%- set by_usage = of_usage and 'telemetry' in var('raw_sources') -%}
-- The users who are to be segmented, with their features as they were observed: those with a usage row, or all accounts where every feature
-- comes from user_features. Accounts of after as_of are not yet there.
with

users as (

    select
        users.user_id,
        users.org_id
    from {{ ref('int_users_unioned') }} as users
    cross join {{ ref('int_observation_bounded') }} as observation
    where
        {{ 'users.has_usage' if by_usage else 'users.has_account' }}
        and coalesce(users.created_on <= observation.as_of, true)

),

usage as (

    select * from {{ ref('stg_telemetry__app_usage') }}

),

activity as (

    select * from {{ ref('user_features') }}

),

final as (

    select
        users.user_id,
        users.org_id,
        {%- for feature in features %}
        cast({{ feature.kept_in }}.{{ feature.name }} as double) as {{ feature.name }},
        {%- endfor %}
        coalesce(
            {%- for feature in features %}
            {{ feature.kept_in }}.{{ feature.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) is not null as has_features

    from users
    left join usage on users.user_id = usage.user_id
    left join activity on users.user_id = activity.user_id

)

select * from final
