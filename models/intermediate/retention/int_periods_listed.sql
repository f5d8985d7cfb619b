with

days as (

    select * from {{ ref('int_days_listed') }}

),

periods as (

    {% for grain in ['week', 'month'] %}
    {{ 'union all' if not loop.first }}
    select
        '{{ grain }}' as period_grain,
        {{ period_number(grain, 'date_day') }} as period_number,
        cast({{ dbt.date_trunc(grain, 'min(date_day)') }} as date) as started_on,
        cast({{ dbt.dateadd(grain, 1, dbt.date_trunc(grain, 'min(date_day)')) }} as date) as next_started_on

    from days
    group by {{ period_number(grain, 'date_day') }}
    {% endfor %}

),

final as (

    select
        period_grain,
        period_number,
        started_on,
        cast({{ dbt.dateadd('day', -1, 'next_started_on') }} as date) as ended_on
    from periods

)

select * from final
