-- The weeks and months in which users were active by as_of, with the first active day in each.
with

activity_days as (

    select
        activity_days.user_id,
        activity_days.date_day

    from {{ ref('user_activity_days') }} as activity_days
    inner join {{ ref('int_observation_bounded') }} as observation on activity_days.date_day <= observation.as_of

),

final as (

    {% for grain in ['week', 'month'] %}
    {{ 'union all' if not loop.first }}
    select
        '{{ grain }}' as period_grain,
        user_id,
        {{ period_number(grain, 'date_day') }} as period_number,
        min(date_day) as first_active_on

    from activity_days
    group by user_id, {{ period_number(grain, 'date_day') }}
    {% endfor %}

)

select * from final
