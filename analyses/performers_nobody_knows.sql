-- Which actions were performed by users without an account or a profile? They are in no rate.
select
    actions.action,
    count(distinct actions.user_id) as users,
    sum(actions.times) as times
from {{ ref('user_actions') }} as actions
inner join {{ ref('users') }} as users on actions.user_id = users.user_id
where not users.has_account and not users.has_profile
group by actions.action
order by actions.action
