-- How soon after the sign-up do those who perform an action do so for the first time?
with

first_actions as (

    select
        actions.action,
        actions.user_id,
        {{ dbt.datediff('min(users.created_on)', 'min(actions.date_day)', 'day') }} as days

    from {{ ref('user_actions') }} as actions
    inner join {{ ref('users') }} as users on actions.user_id = users.user_id
    where actions.date_day is not null and users.created_on is not null
    group by actions.action, actions.user_id

)

select
    action,
    count(*) as performers,
    percentile_cont(0.25) within group (order by days) as quarter_within,
    {{ median('days') }} as half_within,
    percentile_cont(0.75) within group (order by days) as three_quarters_within
from first_actions
group by action
order by action
