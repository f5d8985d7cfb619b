{%- set attributes = var('retention_attributes') -%}
{%- set counts = [
    'count(*) as all_users',
    'count(*) filter (where is_at_risk) as users',
    'count(*) filter (where has_left) as left_users',
    'count(*) filter (where is_matured) as matured_users',
    'count(*) filter (where is_matured and is_left_in_time) as matured_left_users',
] | join(',\n        ') -%}
with

users as (

    select
        users.*,
        coalesce(silences.has_left, false) as has_left,
        coalesce(silences.days_observed >= {{ var('retention_horizon_days') }}, false) as is_matured,
        coalesce(silences.has_left and silences.day_number <= {{ var('retention_horizon_days') }}, false) as is_left_in_time

    from {{ ref('int_survivors_listed') }} as users
    left join {{ ref('int_silences_found') }} as silences
        on
            users.origin = silences.origin
            and users.user_id = silences.user_id

),

organisations as (

    select
        {{ attribute_and_level(attributes) }},
        org_id,
        {{ counts }}

    from users
    where origin = 'sign-up'
    {{ attribute_sets(attributes, 'org_id') }}

    union all

    select
        'segment' as attribute,
        segment as level,
        org_id,
        {{ counts }}

    from users
    where origin = 'segment'
    group by segment, org_id

),

summed as (

    select
        attribute,
        level,
        {{ clustered_counts('left_users', 'users', 'leaving') }},
        {{ clustered_counts('matured_left_users', 'matured_users', 'matured') }},
        cast(sum(all_users - users) as bigint) as left_out_users

    from organisations
    group by attribute, level

),

correlated as (

    select
        *,
        {{ intraclass_correlation('leaving') }} as leaving_correlation,
        {{ intraclass_correlation('matured') }} as matured_correlation

    from summed

),

final as (

    select
        attribute,
        level,
        leaving_trials as users,
        left_out_users,
        coalesce(
            matured_trials * 1.0 / nullif({{ effective_trials('matured') }}, 0),
            leaving_trials * 1.0 / nullif({{ effective_trials('leaving') }}, 0)
        ) as inflation

    from correlated

)

select * from final
