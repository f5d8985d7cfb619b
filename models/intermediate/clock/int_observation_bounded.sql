with

counted_days as (

    select
        *,
        sum(logins) over () as all_logins,
        sum(plays) over () as all_plays,
        sum(actions) over () as all_actions
    from {{ ref('int_days_counted') }}

),

-- without logins plays set the clock, without them actions, without any the sign-ups: they may go on where nothing is logged any more
rows_of_days as (

    select
        date_day,
        case
            when all_logins > 0 then logins
            when all_plays > 0 then plays
            when all_actions > 0 then actions
            else signups
        end as dated_rows
    from counted_days

),

days as (

    select *
    from rows_of_days
    where dated_rows > 0

),

-- a gap of more than four weeks begins a new stretch
days_after_gaps as (

    select
        *,
        case
            when {{ dbt.datediff('lag(date_day) over (order by date_day)', 'date_day', 'day') }} > 28 then 1
            else 0
        end as begins_stretch
    from days

),

days_in_stretches as (

    select
        *,
        sum(begins_stretch) over (order by date_day) as stretch
    from days_after_gaps

),

days_with_sums as (

    select
        *,
        sum(dated_rows) over (partition by stretch) as stretch_rows,
        sum(dated_rows) over () as all_rows
    from days_in_stretches

),

days_beside_the_largest as (

    select
        *,
        max(stretch_rows) over () as largest_stretch_rows
    from days_with_sums

),

-- a stretch of next to no rows, years before or after the others, is a few wrong dates and no part of the log; the largest always is
log_days as (

    select
        date_day,
        dated_rows,
        row_number() over (order by date_day) as day_number
    from days_beside_the_largest
    where
        stretch_rows >= {{ var('stray_rows_share') }} * all_rows
        or stretch_rows = largest_stretch_rows

),

-- each day with what was usual on the 28 before it
days_with_usual as (

    select
        log_days.date_day,
        log_days.dated_rows,
        {{ median('earlier_days.dated_rows') }} as usual_rows

    from log_days
    left join log_days as earlier_days
        on log_days.day_number > earlier_days.day_number and log_days.day_number <= earlier_days.day_number + 28
    group by log_days.date_day, log_days.dated_rows

),

last_complete_day as (

    select max(date_day) as date_day
    from days_with_usual
    where dated_rows >= {{ var('as_of_min_share') }} * coalesce(usual_rows, 0)

),

first_days as (

    select
        min(log_days.date_day) filter (where counted_days.logins > 0) as log_started_on,
        min(log_days.date_day) filter (
            where counted_days.logins + counted_days.actions + counted_days.plays > 0
        ) as activity_started_on

    from log_days
    inner join counted_days on log_days.date_day = counted_days.date_day

),

final as (

    select
        {{ 'cast(' ~ sql_text(var('as_of')) ~ ' as date)' if var('as_of') else 'last_complete_day.date_day' }} as as_of,
        first_days.log_started_on,
        first_days.activity_started_on

    from last_complete_day
    cross join first_days

)

select * from final
