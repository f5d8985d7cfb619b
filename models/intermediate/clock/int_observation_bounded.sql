with

-- days that have rows; a stray row years ahead is compared with them, too, and not with the empty days before it
days as (

    select
        date_day,
        dated_rows,
        row_number() over (order by date_day) as day_number

    from {{ ref('int_days_counted') }}
    where dated_rows > 0

),

-- each day with what was usual on the 28 before it
days_with_usual as (

    select
        days.date_day,
        days.dated_rows,
        {{ median('earlier_days.dated_rows') }} as usual_rows

    from days
    left join days as earlier_days
        on days.day_number > earlier_days.day_number and days.day_number <= earlier_days.day_number + 28
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
