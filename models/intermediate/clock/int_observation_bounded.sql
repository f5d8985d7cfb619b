with

days as (

    select * from {{ ref('int_days_counted') }}

),

-- each day that has rows, with what was usual in the four weeks before it
days_with_usual as (

    select
        days.date_day,
        days.dated_rows,
        {{ median('earlier_days.dated_rows') }} as usual_rows

    from days
    left join days as earlier_days
        on earlier_days.date_day between {{ dbt.dateadd('day', -28, 'days.date_day') }} and {{ dbt.dateadd('day', -1, 'days.date_day') }}
    where days.dated_rows > 0
    group by days.date_day, days.dated_rows

),

complete_days as (

    select max(date_day) as date_day
    from days_with_usual
    where dated_rows >= {{ var('as_of_min_share') }} * coalesce(usual_rows, 0)

),

first_logged_day as (

    select min(date_day) as date_day from {{ ref('user_activity_days') }}

),

final as (

    select
        {{ "cast('" ~ var('as_of') ~ "' as date)" if var('as_of') else 'complete_days.date_day' }} as as_of,
        first_logged_day.date_day as log_started_on

    from complete_days
    cross join first_logged_day

)

select * from final
