{{ config(severity='warn') }}
-- Where there are plays and none of them tells whether it was skipped, the words of reason_end are not those that the project knows. The
-- rows say which there are: map them in inputs.plays.columns.reason_end.
with

known as (

    select count(is_skip) as judged_plays
    from {{ ref('plays') }}

)

select
    plays.reason_end,
    count(*) as plays
from {{ ref('plays') }} as plays
inner join known on known.judged_plays = 0
group by plays.reason_end
