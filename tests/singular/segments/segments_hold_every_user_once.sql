-- Users who can be segmented are in exactly one segment, and the segments count them all.
with

listed as (

    select count(*) as users
    from {{ ref('int_segment_users_listed') }}
    where has_features

),

counted as (

    select coalesce(sum(users), 0) as users
    from {{ ref('segments') }}

)

select
    listed.users,
    counted.users as counted_users
from listed
cross join counted
where listed.users <> counted.users and counted.users > 0
