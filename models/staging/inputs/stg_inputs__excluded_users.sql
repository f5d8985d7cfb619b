{{ config(materialized='table') }}

with

excluded_rows as (

    select {{ parse_id('object_id') }} as user_id
    from {{ ref('base_product__users') }}
    where is_excluded

    union all

    select {{ parse_id('user_id') }} as user_id
    from {{ ref('base_product__user_engagement') }}
    where is_excluded

    union all

    select {{ parse_id('user_id') }} as user_id
    from {{ ref('base_people__user_profiles') }}
    where is_excluded

    union all

    select {{ parse_id('user_id') }} as user_id
    from {{ ref('base_people__user_actions') }}
    where is_excluded

    union all

    select {{ parse_id('user_id') }} as user_id
    from {{ ref('base_telemetry__app_usage') }}
    where is_excluded

    union all

    select {{ parse_id('user_id') }} as user_id
    from {{ ref('base_streaming__plays') }}
    where is_excluded

),

final as (

    select distinct user_id
    from excluded_rows
    where user_id is not null

)

select * from final
