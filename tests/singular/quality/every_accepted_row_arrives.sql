-- The rows that were accepted are those that the marts are made of: the logins of all days, the accounts, profiles and usage of all users,
-- the actions and plays of all days.
with

arrived as (

    select
        'user_engagement' as table_name,
        coalesce(sum(logins), 0) as arrived_rows
    from {{ ref('user_activity_days') }}

    union all

    select
        'users' as table_name,
        count(*) as arrived_rows
    from {{ ref('users') }}
    where has_account

    union all

    select
        'user_profiles' as table_name,
        count(*) as arrived_rows
    from {{ ref('users') }}
    where has_profile

    union all

    select
        'app_usage' as table_name,
        count(*) as arrived_rows
    from {{ ref('users') }}
    where has_usage

    union all

    select
        'user_actions' as table_name,
        coalesce(sum(times), 0) as arrived_rows
    from {{ ref('user_actions') }}

    union all

    select
        'plays' as table_name,
        count(*) as arrived_rows
    from {{ ref('plays') }}

)

select
    counts.table_name,
    counts.accepted_rows,
    arrived.arrived_rows
from {{ ref('source_row_counts') }} as counts
inner join arrived on counts.table_name = arrived.table_name
where counts.accepted_rows <> arrived.arrived_rows
