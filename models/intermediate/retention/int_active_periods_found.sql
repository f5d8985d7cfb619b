-- The weeks and months in which users were active by as_of, stray days long before the log left out, with the first active day in each.
with

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

-- the numbers are found once per day and not once per row
days as (

    select
        days.date_day,
        {{ period_number('week', 'days.date_day') }} as week_number,
        {{ period_number('month', 'days.date_day') }} as month_number

    from {{ ref('int_days_listed') }} as days
    inner join observation on days.date_day between observation.activity_started_on and observation.as_of

),

activity_days as (

    select
        activity_days.user_id,
        days.date_day,
        days.week_number,
        days.month_number

    from {{ ref('user_activity_days') }} as activity_days
    inner join days on activity_days.date_day = days.date_day

),

final as (

    {% for grain in ['week', 'month'] %}
    {{ 'union all' if not loop.first }}
    select
        '{{ grain }}' as period_grain,
        user_id,
        {{ grain }}_number as period_number,
        min(date_day) as first_active_on

    from activity_days
    group by user_id, {{ grain }}_number
    {% endfor %}

)

select * from final
