-- Every day that a timestamp of the contract can fall on.
with

days as (

    {{ dbt.date_spine(
        datepart="day",
        start_date="cast('1970-01-01' as date)",
        end_date="cast('2100-01-01' as date)"
    ) }}

),

final as (

    select
        cast(date_day as date) as date_day,
        cast({{ dbt.datediff("cast('1970-01-01' as date)", 'date_day', 'day') }} as integer) as day_number

    from days

)

select * from final
