-- What is known of one user, day by day? It is the adopted user likeliest to leave; for another one write the id into the first step.
with

chosen as (

    select overview.*
    from {{ ref('user_overview') }} as overview
    where overview.is_adopted
    order by coalesce(overview.churn_probability, -1) desc, overview.user_id asc
    limit 1

),

first_actions as (

    select
        actions.user_id,
        actions.action,
        min(actions.date_day) as date_day
    from {{ ref('user_actions') }} as actions
    inner join chosen on actions.user_id = chosen.user_id
    where actions.date_day <= chosen.as_of
    group by actions.user_id, actions.action

),

listening as (

    select
        plays.user_id,
        min(plays.started_on) as date_day,
        count(*) as plays,
        count(*) filter (where plays.is_skip) as skips
    from {{ ref('plays') }} as plays
    inner join chosen on plays.user_id = chosen.user_id
    where not plays.is_after_as_of
    group by plays.user_id

),

events as (

    select
        created_on as date_day,
        1 as event_order,
        'signs up' as what_happens,
        coalesce(creation_source, '(missing)') as detail
    from chosen

    union all

    select
        first_active_on as date_day,
        2 as event_order,
        'logs in for the first time' as what_happens,
        cast(active_days as varchar) || ' days with a login by as_of' as detail
    from chosen

    union all

    select
        date_day,
        3 as event_order,
        'acts for the first time' as what_happens,
        action as detail
    from first_actions

    union all

    select
        date_day,
        4 as event_order,
        'plays for the first time' as what_happens,
        cast(plays as varchar) || ' plays by as_of, ' || cast(skips as varchar) || ' of them skipped' as detail
    from listening

    union all

    select
        adopted_on as date_day,
        5 as event_order,
        'is adopted' as what_happens,
        cast(days_to_adoption as varchar) || ' days after the sign-up' as detail
    from chosen

    union all

    select
        last_active_on as date_day,
        6 as event_order,
        'logs in for the last time' as what_happens,
        cast(days_since_last_active as varchar) || ' days before as_of' as detail
    from chosen

    union all

    select
        as_of as date_day,
        7 as event_order,
        'is in the segment' as what_happens,
        segment_name || ' (' || segment_verdict || '), by ' || segment_top_reason as detail
    from chosen

    union all

    select
        as_of as date_day,
        8 as event_order,
        'may leave' as what_happens,
        cast(round(churn_probability, 3) as varchar) || ' (' || churn_risk_band || '), by ' || churn_top_reason as detail
    from chosen

)

select
    chosen.user_id,
    events.date_day,
    events.what_happens,
    events.detail
from events
cross join chosen
where events.date_day is not null and events.detail is not null
order by events.date_day, events.event_order, events.detail
