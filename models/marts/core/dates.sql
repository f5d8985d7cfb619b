with

counted_days as (

    select * from {{ ref('int_days_counted') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

final as (

    select
        counted_days.date_day,
        cast({{ dbt.date_trunc('week', 'counted_days.date_day') }} as date) as date_week,
        cast({{ dbt.date_trunc('month', 'counted_days.date_day') }} as date) as date_month,
        cast({{ dbt.date_trunc('quarter', 'counted_days.date_day') }} as date) as date_quarter,
        cast({{ dbt.date_trunc('year', 'counted_days.date_day') }} as date) as date_year,
        cast({{ iso_weekday('counted_days.date_day') }} as integer) as iso_weekday,
        {{ weekday_name('counted_days.date_day') }} as weekday_name,
        {{ iso_weekday('counted_days.date_day') }} >= 6 as is_weekend,
        counted_days.date_day > observation.as_of as is_after_as_of,
        coalesce(counted_days.date_day between observation.activity_started_on and observation.as_of, false) as is_in_log,
        counted_days.logins + counted_days.actions + counted_days.plays + counted_days.signups as dated_rows

    from counted_days
    cross join observation

)

select * from final
