with

activity_days as (

    select * from {{ ref('user_activity_days') }}

),

final as (

    select
        user_id,
        cast({{ dbt.date_trunc('week', 'date_day') }} as date) as date_week,
        cast(count(*) as integer) as active_days

    from activity_days
    group by user_id, {{ dbt.date_trunc('week', 'date_day') }}

)

select * from final
