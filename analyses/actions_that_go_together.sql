-- Of those who perform one action, how many perform another, against all users?
with

performed as (

    select distinct
        user_id,
        action
    from {{ ref('user_actions') }}

),

rates as (

    select
        action,
        action_rate
    from {{ ref('action_rates') }}
    where attribute = '(all)'

),

pairs as (

    select
        performed.action,
        more.action as other_action,
        count(*) as both_performed

    from performed
    inner join performed as more on performed.user_id = more.user_id and performed.action <> more.action
    group by performed.action, more.action

),

performers as (

    select
        action,
        count(*) as performers
    from performed
    group by action

)

select
    pairs.action,
    pairs.other_action,
    performers.performers,
    round(pairs.both_performed * 1.0 / performers.performers, 3) as share_who_do_the_other,
    round(rates.action_rate, 3) as share_of_all_users
from pairs
inner join performers on pairs.action = performers.action
inner join rates on pairs.other_action = rates.action
order by pairs.action, pairs.other_action
