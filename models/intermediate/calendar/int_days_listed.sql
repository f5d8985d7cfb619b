-- One row per day on which an accepted timestamp can fall, in UTC or in any time zone: 1970 to 2099, with two more days at both ends.
with

days as (

    {{ dbt.date_spine(
        datepart="day",
        start_date="cast('1969-12-30' as date)",
        end_date="cast('2100-01-03' as date)"
    ) }}

),

final as (

    select
        cast(date_day as date) as date_day,
        cast({{ dbt.datediff("cast('1970-01-01' as date)", 'date_day', 'day') }} as integer) as day_number

    from days

)

select * from final
