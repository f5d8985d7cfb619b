{{ config(materialized='table') }}
-- The users in segments with the attributes by which segments are described.
with

assigned as (

    select
        assigned.user_id,
        assigned.segment_id,
        users.org_id
    from {{ ref('int_segment_users_assigned') }} as assigned
    inner join {{ ref('int_segment_users_listed') }} as users on assigned.user_id = users.user_id

),

usage as (

    select * from {{ ref('stg_telemetry__app_usage') }}

),

profiles as (

    select * from {{ ref('stg_people__user_profiles') }}

),

attributes as (

    select * from {{ ref('int_users_attributed') }}

),

adoption as (

    select * from {{ ref('user_adoption') }}

),

final as (

    select
        assigned.user_id,
        assigned.org_id,
        {%- for attribute in segment_attributes() %}
        cast({{ attribute.value }} as varchar) as {{ attribute.name }},
        {%- endfor %}
        assigned.segment_id

    from assigned
    left join usage on assigned.user_id = usage.user_id
    left join profiles on assigned.user_id = profiles.user_id
    left join attributes on assigned.user_id = attributes.user_id
    left join adoption on assigned.user_id = adoption.user_id

)

select * from final
